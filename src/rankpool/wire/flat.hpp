// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/fast.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <vector>

// Containers that lie in their serialised bytes as they lie in memory, and so need not be rebuilt to be read.
namespace rankpool::wire {

namespace detail {

using Words = std::array<std::uintptr_t, 3>;

/// What a container consists of in the standard libraries that we know.
template <class T>
struct Layout {
    static constexpr bool known = false;
};

template <Raw T>
requires(sizeof(std::vector<T>) == sizeof(Words) &&
         alignof(T) <= sizeof(std::uint64_t)) struct Layout<std::vector<T>> {
    static constexpr bool known = true;
    static Words words(T const* data, std::size_t size, std::size_t capacity) {
        return {std::bit_cast<std::uintptr_t>(data), std::bit_cast<std::uintptr_t>(data + size),
                std::bit_cast<std::uintptr_t>(data + capacity)};
    }
};

template <>
struct Layout<std::string> {
    static constexpr bool known = sizeof(std::string) > sizeof(Words);
    static Words words(char const* data, std::size_t size, std::size_t capacity) {
        return {std::bit_cast<std::uintptr_t>(data), size, capacity};
    }
};

/// True if this library's containers are laid out so: looks at one.
template <class T>
bool has_layout() {
    constexpr std::size_t some = 100;
    static bool const is_so = [] {
        T sample;
        sample.reserve(2 * some);
        sample.resize(some);
        Words const words = Layout<T>::words(sample.data(), some, sample.capacity());
        return std::memcmp(static_cast<void const*>(&sample), words.data(), sizeof words) == 0;
    }();
    return is_so;
}

}  // namespace detail

template <class T>
concept Flat = detail::Layout<T>::known;

/// True if it is so with this library, too.
template <Flat T>
bool can_be_seen() {
    return detail::has_layout<T>();
}

/// A container to be read whose items lie in the bytes that encode() wrote of one, which must outlive it, and
/// of which a text's are followed by a zero. It is never changed, copied or destroyed: its memory is not its
/// own.
template <Flat T>
class FlatView {
    using Item = typename T::value_type;

  public:
    /// Null where these bytes are no such container, or this library lays them out in another way.
    static std::unique_ptr<FlatView> of(std::span<std::byte const> bytes) {
        std::uint64_t count = 0;
        if (bytes.size() < sizeof count || !detail::has_layout<T>()) return nullptr;
        std::memcpy(&count, bytes.data(), sizeof count);
        auto const items = bytes.subspan(sizeof count);
        bool const fits = items.size() % sizeof(Item) == 0 && items.size() / sizeof(Item) == count;
        bool const is_aligned = std::bit_cast<std::uintptr_t>(items.data()) % alignof(Item) == 0;
        if (!fits || !is_aligned) return nullptr;
        return std::unique_ptr<FlatView>(
            new FlatView{reinterpret_cast<Item const*>(items.data()), static_cast<std::size_t>(count)});
    }

    [[nodiscard]] T const& value() const { return *std::launder(reinterpret_cast<T const*>(place_.data())); }

  private:
    FlatView(Item const* items, std::size_t count) {
        detail::Words const words = detail::Layout<T>::words(items, count, count);
        std::memcpy(place_.data(), words.data(), sizeof words);
    }

    alignas(T) std::array<std::byte, sizeof(T)> place_{};
};

}  // namespace rankpool::wire
