// SPDX-License-Identifier: MIT
#include "rankpool/core/sealed_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace rankpool {
namespace {

constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

}  // namespace

UniqueFd make_sealed_memory(char const* label, std::size_t bytes) {
    UniqueFd memory{::memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memory) return {};
    if (::ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0) return {};
    if (::fcntl(memory.get(), F_ADD_SEALS, seals) != 0) return {};
    return memory;
}

std::optional<std::uint64_t> size_of_sealed(int memory) {
    int const has = ::fcntl(memory, F_GET_SEALS);
    struct stat about {};
    if (has < 0 || (has & seals) != seals || ::fstat(memory, &about) != 0) return std::nullopt;
    return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace rankpool
