// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

// Bytes of memory that others read and write at the same time, by pieces of up to 8 bytes that are aligned to
// their size: none of these is ever seen half written.
namespace rankpool::link {

namespace detail {

template <class Word, class Each>
void for_words(std::span<std::byte> shared, Each each) {
    for (std::size_t i = 0; i < shared.size(); i += sizeof(Word)) {
        each(std::atomic_ref<Word>(*reinterpret_cast<Word*>(shared.data() + i)), i);
    }
}

/// Calls `copy` with the largest word that place and size allow.
template <class Copy>
void by_words(std::span<std::byte> shared, Copy copy) {
    auto const both = std::bit_cast<std::uintptr_t>(shared.data()) | shared.size();
    if (both % 8 == 0) return copy(std::uint64_t{});
    if (both % 4 == 0) return copy(std::uint32_t{});
    if (both % 2 == 0) return copy(std::uint16_t{});
    copy(std::uint8_t{});
}

}  // namespace detail

/// `to` has as many bytes.
inline void load_elements(std::span<std::byte> shared, std::byte* to) {
    detail::by_words(shared, [&]<class Word>(Word /*type*/) {
        detail::for_words<Word>(shared, [to](auto word, std::size_t i) {
            Word const value = word.load(std::memory_order_relaxed);
            std::memcpy(to + i, &value, sizeof value);
        });
    });
}

inline void store_elements(std::span<std::byte> shared, std::byte const* from) {
    detail::by_words(shared, [&]<class Word>(Word /*type*/) {
        detail::for_words<Word>(shared, [from](auto word, std::size_t i) {
            Word value;
            std::memcpy(&value, from + i, sizeof value);
            word.store(value, std::memory_order_relaxed);
        });
    });
}

}  // namespace rankpool::link
