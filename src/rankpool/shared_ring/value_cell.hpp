// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace rankpool::link {

/// So far from each other lie the words of a home's objects: each has a line of the cores' caches to itself.
inline constexpr std::size_t word_distance = 64;

/// Up to 8 bytes in memory that the processes of a node have in common, which each of them reads and changes
/// as a whole. Zeroed memory is a cell of zeros.
class ValueCell {
  public:
    static constexpr std::size_t size = sizeof(std::uint64_t);
    using Bytes = std::array<std::byte, size>;

    [[nodiscard]] Bytes bytes() const { return std::bit_cast<Bytes>(whole_.load()); }
    /// Calls `change(bytes)` until what it has made of them is what comes after what they were.
    template <class Change>
    void update(Change change) {
        std::uint64_t before = whole_.load();
        for (;;) {
            auto bytes = std::bit_cast<Bytes>(before);
            change(std::span{bytes});
            if (whole_.compare_exchange_weak(before, std::bit_cast<std::uint64_t>(bytes))) return;
        }
    }

  private:
    std::atomic<std::uint64_t> whole_{0};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && sizeof(ValueCell) == ValueCell::size);

}  // namespace rankpool::link
