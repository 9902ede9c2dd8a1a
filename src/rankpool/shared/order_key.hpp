// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// Bytes whose order is that of the values that they stand for, for whoever keeps values of any type and runs
/// no code of the user's.
namespace rankpool::shared {

using OrderKey = std::vector<std::byte>;

/// What can be ordered so. A pair or tuple of which a later element cannot be is ordered by those before it.
template <class T>
inline constexpr bool has_order = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <class Rep, class Period>
inline constexpr bool has_order<std::chrono::duration<Rep, Period>> = true;
template <class Traits, class Allocator>
inline constexpr bool has_order<std::basic_string<char, Traits, Allocator>> = true;
template <class T, class Allocator>
inline constexpr bool has_order<std::vector<T, Allocator>> = has_order<T>;
template <class First, class Second>
inline constexpr bool has_order<std::pair<First, Second>> = has_order<First>;
template <class First, class... Rest>
inline constexpr bool has_order<std::tuple<First, Rest...>> = has_order<First>;

/// The most significant byte first.
template <class Unsigned>
void append_digits(OrderKey& key, Unsigned digits) {
    for (int shift = 8 * static_cast<int>(sizeof digits) - 8; shift >= 0; shift -= 8) {
        key.push_back(static_cast<std::byte>(digits >> static_cast<unsigned>(shift)));
    }
}

/// Of a double: below it all that is smaller, NaN above everything.
inline void append_real(OrderKey& key, double value) {
    constexpr std::uint64_t sign = std::uint64_t{1} << 63U;
    if (value != value) return append_digits(key, ~std::uint64_t{0});
    auto const bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
    append_digits(key, (bits & sign) != 0 ? ~bits : bits | sign);
}

/// A null byte within stands as two, so that the end, which is less, can be told.
inline void append_text(OrderKey& key, std::string_view text) {
    for (char const c : text) {
        key.push_back(static_cast<std::byte>(c));
        if (c == '\0') key.push_back(std::byte{0xff});
    }
    key.push_back(std::byte{0});
    key.push_back(std::byte{0});
}

template <class T>
void append_order(OrderKey& key, T const& value);

/// Of the elements up to the first that has no order.
template <class Tuple, std::size_t I = 0>
void append_elements(OrderKey& key, Tuple const& values) {
    if constexpr (I < std::tuple_size_v<Tuple>) {
        using Element = std::tuple_element_t<I, Tuple>;
        if constexpr (has_order<Element>) {
            append_order(key, std::get<I>(values));
            append_elements<Tuple, I + 1>(key, values);
        }
    }
}

template <class T>
void append_order(OrderKey& key, T const& value) {
    if constexpr (std::is_floating_point_v<T>) {
        append_real(key, static_cast<double>(value));
    } else if constexpr (std::is_enum_v<T>) {
        append_order(key, static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_same_v<T, bool>) {
        key.push_back(static_cast<std::byte>(value));
    } else if constexpr (std::is_arithmetic_v<T>) {
        using Digits = std::make_unsigned_t<T>;
        constexpr auto half = static_cast<Digits>(Digits{1} << (8 * sizeof(T) - 1));
        auto const digits = static_cast<Digits>(value);
        append_digits(key, std::is_signed_v<T> ? static_cast<Digits>(digits ^ half) : digits);
    } else if constexpr (requires { value.count(); }) {
        append_order(key, value.count());
    } else if constexpr (std::is_convertible_v<T, std::string_view>) {
        append_text(key, value);
    } else if constexpr (requires { value.begin(); }) {
        for (typename T::value_type const& element : value) {
            key.push_back(std::byte{1});
            append_order(key, element);
        }
        key.push_back(std::byte{0});
    } else {
        append_elements(key, value);
    }
}

template <class T>
OrderKey order_key(T const& value) {
    OrderKey key;
    append_order(key, value);
    return key;
}

}  // namespace rankpool::shared
