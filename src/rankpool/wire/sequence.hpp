// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/fast.hpp"
#include "rankpool/wire/large_pages.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

// What has many parts of one kind. Only fast parts: the others are left to Boost, which knows how to track
// them and to build those that have no default constructor.
namespace rankpool::wire {

namespace detail {

#if defined(__GLIBCXX__) && !defined(_GLIBCXX_SANITIZE_VECTOR)
/// Gives a vector of GNU's library its size after its room has been filled: standard C++ writes zeros first,
/// which costs a large vector half of what its bytes do.
template <class T, class Allocator>
struct FilledVector : private std::vector<T, Allocator> {
    static void set_size(std::vector<T, Allocator>& value, std::size_t count) {
        auto& places = value.*(&FilledVector::_M_impl);
        places._M_finish = places._M_start + count;
    }
};

template <class T, class Allocator>
void load_raw(auto& in, std::vector<T, Allocator>& value) {
    std::size_t const count = in.read_count(sizeof(T));
    value.clear();
    value.reserve(count);
    prefer_large_pages(value.data(), count * sizeof(T));
    in.read(value.data(), count * sizeof(T));
    FilledVector<T, Allocator>::set_size(value, count);
}
#endif

/// Room that is filled and read into piece by piece, so that the zeros of resize() are written in the cache
/// and not through memory, and a damaged count in a stream touches no more memory than it brings bytes.
inline constexpr std::size_t piece = std::size_t{1} << 18;

template <class Container>
void load_raw(auto& in, Container& value) {
    using Item = typename Container::value_type;
    std::size_t const count = in.read_count(sizeof(Item));
    std::size_t const step = std::max<std::size_t>(1, piece / sizeof(Item));
    value.clear();
    value.reserve(count);
    prefer_large_pages(value.data(), count * sizeof(Item));
    for (std::size_t done = 0; done < count;) {
        std::size_t const now = std::min(step, count - done);
        value.resize(done + now);
        in.read(value.data() + done, now * sizeof(Item));
        done += now;
    }
}

}  // namespace detail

template <class Char, class Traits, class Allocator>
struct Compound<std::basic_string<Char, Traits, Allocator>> {
    using Components = Parts<>;
    using String = std::basic_string<Char, Traits, Allocator>;

    static void save(auto& out, String const& value) {
        out.write_count(value.size());
        out.write(value.data(), value.size() * sizeof(Char));
    }
    static void load(auto& in, String& value) { detail::load_raw(in, value); }
};

template <class T, class Allocator>
requires Fast<T>
struct Compound<std::vector<T, Allocator>> {
    using Components = Parts<T>;

    static void save(auto& out, std::vector<T, Allocator> const& value) {
        out.write_count(value.size());
        if constexpr (Raw<T>) {
            out.write(value.data(), value.size() * sizeof(T));
        } else {
            for (T const& item : value) out << item;
        }
    }

    static void load(auto& in, std::vector<T, Allocator>& value) {
        if constexpr (Raw<T>) {
            detail::load_raw(in, value);
        } else {
            value.clear();
            for (std::size_t count = in.read_count(0); count > 0; --count) in >> value.emplace_back();
        }
    }
};

template <class Allocator>
struct Compound<std::vector<bool, Allocator>> {
    using Components = Parts<bool>;

    static void save(auto& out, std::vector<bool, Allocator> const& value) {
        out.write_count(value.size());
        for (bool item : value) out << item;
    }
    static void load(auto& in, std::vector<bool, Allocator>& value) {
        value.resize(in.read_count(1));
        for (std::size_t i = 0; i < value.size(); ++i) value[i] = in.read_bool();
    }
};

template <class T, std::size_t N>
requires Fast<T>
struct Compound<std::array<T, N>> {
    using Components = Parts<T>;

    static void save(auto& out, std::array<T, N> const& value) {
        if constexpr (Raw<T>) {
            out.write(value.data(), N * sizeof(T));
        } else {
            for (T const& item : value) out << item;
        }
    }
    static void load(auto& in, std::array<T, N>& value) {
        if constexpr (Raw<T>) {
            in.read(value.data(), N * sizeof(T));
        } else {
            for (T& item : value) in >> item;
        }
    }
};

}  // namespace rankpool::wire
