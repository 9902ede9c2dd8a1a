// SPDX-License-Identifier: MIT
#include "rankpool/shared_ring/mapping.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/sealed_memory.hpp"
#include "rankpool/core/system_limits.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

#include <cerrno>
#include <limits>
#include <string>

namespace rankpool::link {
namespace {

[[noreturn]] void fail(char const* verb, char const* what) {
    int const error = errno;
    Error told{"cannot " + std::string{verb} + " " + what + " (" + words_of_errno(error) +
               "). Is there too much of it for this machine's limits?"};
    errno = error;
    throw told;
}

std::byte* map(int memory, std::size_t offset, std::size_t bytes, void* at, char const* what) {
    void* place = ::mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | (at ? MAP_FIXED : 0),
                         memory, static_cast<off_t>(offset));
    if (place == MAP_FAILED) fail("map", what);
    return static_cast<std::byte*>(place);
}

}  // namespace

UniqueFd make_memory(char const* label, std::size_t bytes, char const* what) {
    require_file_size(bytes, what);
    UniqueFd memory = make_sealed_memory(label, bytes);
    if (!memory) fail("make", what);
    return memory;
}

std::uint64_t largest_file() {
    rlimit limit{};
    bool const is_limited = ::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return is_limited ? limit.rlim_cur : std::numeric_limits<std::uint64_t>::max();
}

void require_file_size(std::uint64_t bytes, char const* what) {
    if (bytes <= largest_file()) return;
    Error const told{"cannot make " + std::string{what} + " of " + std::to_string(bytes) +
                     " bytes (files may have " + std::to_string(largest_file()) +
                     ", which holds for shared memory, too). Raise the limit with ulimit -f?"};
    errno = EFBIG;
    throw told;
}

std::byte* map_shared(int memory, std::size_t offset, std::size_t bytes, char const* what) {
    return map(memory, offset, bytes, nullptr, what);
}

std::byte* map_twice(int memory, std::size_t offset, std::size_t bytes, char const* what) {
    void* space = ::mmap(nullptr, 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED) fail("map", what);
    auto* const data = static_cast<std::byte*>(space);
    map(memory, offset, bytes, data, what);
    map(memory, offset, bytes, data + bytes, what);
    return data;
}

}  // namespace rankpool::link
