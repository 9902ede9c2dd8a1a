// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/unique_fd.hpp"

#include <cstddef>
#include <cstdint>

// Memory that processes share. Each throws Error, which names `what` and what the system says, where there is
// none left; errno is the cause then.
namespace rankpool::link {

/// More bytes than any machine has memory: what claims to be larger is nonsense.
inline constexpr std::uint64_t most_bytes = std::uint64_t{1} << 46U;

constexpr std::size_t round_to_pages(std::size_t bytes) {
    constexpr std::size_t page = 4096;
    return (bytes + page - 1) / page * page;
}

/// Sealed memory; `label` is what the kernel's lists show.
UniqueFd make_memory(char const* label, std::size_t bytes, char const* what);
/// The most bytes that a file, and so memory with a descriptor, may have in this process.
std::uint64_t largest_file();
/// Throws, and sets errno, where this process may make no file of so many bytes; the system would end it for
/// trying.
void require_file_size(std::uint64_t bytes, char const* what);

std::byte* map_shared(int memory, std::size_t offset, std::size_t bytes, char const* what);
/// Maps a piece twice, one copy behind the other, so that what wraps around its end lies in one.
std::byte* map_twice(int memory, std::size_t offset, std::size_t bytes, char const* what);

}  // namespace rankpool::link
