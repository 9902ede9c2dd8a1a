// SPDX-License-Identifier: MIT
#pragma once

#include <boost/serialization/is_bitwise_serializable.hpp>

#include <type_traits>

namespace rankpool::wire {

/// Travels as its bytes: numbers, enums, and what the user has marked BOOST_IS_BITWISE_SERIALIZABLE. Not
/// bool, whose byte must be checked when it comes in.
template <class T>
concept Raw = (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) || std::is_enum_v<T> ||
              (boost::serialization::is_bitwise_serializable<T>::value && std::is_trivially_copyable_v<T> &&
               !std::is_same_v<T, bool>);

/// The types that a Compound is made of.
template <class... T>
struct Parts {};

/// How a standard type is written and read part by part. A specialisation has `Components`, a Parts<...>, and
/// `save(out, value)` and `load(in, value)` for any out and in that take the parts by << and >>.
template <class T>
struct Compound;

template <class T>
concept IsCompound = requires {
    typename Compound<T>::Components;
};

template <class T>
consteval bool is_fast();

template <class... T>
consteval bool all_fast(Parts<T...>) {
    return (is_fast<std::remove_cv_t<T>>() && ...);
}

template <class T>
consteval bool is_fast() {
    if constexpr (Raw<T> || std::is_same_v<T, bool>) {
        return true;
    } else if constexpr (IsCompound<T>) {
        return all_fast(typename Compound<T>::Components{});
    } else {
        return false;
    }
}

/// Can be written and read without an archive: raw all the way down.
template <class T>
concept Fast = is_fast<T>();

}  // namespace rankpool::wire
