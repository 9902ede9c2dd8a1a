// SPDX-License-Identifier: MIT
#include "rankpool/wire/large_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace rankpool::wire {
namespace {

constexpr std::size_t worth_it = 4 * 1024 * 1024;

}  // namespace

void prefer_large_pages(void* memory, std::size_t size) {
    if (size < worth_it) return;
    auto const page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    auto const address = reinterpret_cast<std::uintptr_t>(memory);
    // Only whole pages of the block itself.
    std::uintptr_t const begin = (address + page - 1) / page * page;
    std::uintptr_t const end = (address + size) / page * page;
    (void)::madvise(static_cast<char*>(memory) + (begin - address), end - begin, MADV_HUGEPAGE);
}

}  // namespace rankpool::wire
