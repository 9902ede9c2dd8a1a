// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/input_archive.hpp"
#include "rankpool/wire/interrupt.hpp"
#include "rankpool/wire/output_archive.hpp"
#include "rankpool/wire/sendable.hpp"
#include "rankpool/wire/std_types.hpp"

#include <memory>
#include <type_traits>
#include <typeinfo>

namespace rankpool::wire {

namespace detail {

/// In a catch block: turns what was thrown into a SerializationError that names the type; lets LimitReached
/// and StreamBroken pass.
[[noreturn]] void fail_to_encode(std::type_info const& type);
[[noreturn]] void fail_to_decode(std::type_info const& type);

}  // namespace detail

/// Writes the value to the sink. Whatever a serialize() throws becomes a SerializationError; the sink then
/// holds a part of the value.
template <class T>
void encode(Sink& sink, T const& value) {
    require_sendable<T>();
    try {
        if constexpr (Fast<T>) {
            Writer{sink} << value;
        } else {
            OutputArchive{sink} << value;
        }
    } catch (...) {
        detail::fail_to_encode(typeid(T));
    }
}

/// Reads into `value` what encode() wrote for the same type. Throws SerializationError when the bytes are no
/// such value or a serialize() throws; `value` may then be half changed.
template <class T>
void decode_into(Source& source, T& value) {
    require_sendable<T>();
    try {
        if constexpr (Fast<T>) {
            Reader{source} >> value;
        } else {
            InputArchive{source} >> value;
        }
    } catch (...) {
        detail::fail_to_decode(typeid(T));
    }
}

/// decode_into() a `value` that is as its default constructor has made it, and is so again where this throws.
template <class T>
void decode_fresh(Source& source, T& value) {
    try {
        decode_into(source, value);
    } catch (...) {
        if constexpr (std::is_move_assignable_v<T>) {
            value = T{};
        } else {
            std::destroy_at(&value);
            std::construct_at(&value);
        }
        throw;
    }
}

/// decode_into() a value made by its default constructor.
template <class T>
T decode(Source& source) {
    T value{};
    decode_into(source, value);
    return value;
}

}  // namespace rankpool::wire
