// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"

#include <chrono>
#include <cmath>
#include <concepts>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

namespace rankpool::batch {

/// A type that fills one cell, how it is stored there and read back. Numbers, bool and enums, text and paths,
/// durations (in seconds), vectors of bytes, and optionals of these.
template <class T>
struct Scalar;

namespace detail {

/// Read by a column's reader where the cell has another type, which an edited database may.
std::int64_t integer_in(Value const& value);
/// Of a text: SQLite's integers end at 2^63.
std::uint64_t large_integer_in(Value const& value);
/// Throws as the others do: the type of the field has no such number.
[[noreturn]] void refuse_number();
double real_in(Value const& value);
std::string text_in(Value const& value);
Bytes bytes_in(Value const& value);

}  // namespace detail

template <class T>
concept IsScalar = requires {
    Scalar<T>::type;
};

template <class T>
requires(std::is_integral_v<T> || std::is_enum_v<T>) struct Scalar<T> {
    /// SQLite's integers end at 2^63, and a column of them would round the texts of larger ones.
    static constexpr bool may_be_text = std::is_unsigned_v<T> && sizeof(T) == sizeof(std::uint64_t);
    static constexpr ColumnType type = may_be_text ? ColumnType::any : ColumnType::integer;

    static Value store(T value) {
        if constexpr (may_be_text) {
            if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::to_string(value);
        }
        return static_cast<std::int64_t>(value);
    }
    static T load(Value const& value) {
        if constexpr (may_be_text) {
            if (std::holds_alternative<std::string>(value)) return detail::large_integer_in(value);
        }
        std::int64_t const number = detail::integer_in(value);
        if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
            constexpr auto least = static_cast<std::int64_t>(std::numeric_limits<T>::min());
            constexpr auto most = static_cast<std::int64_t>(std::numeric_limits<T>::max());
            bool const fits = number >= least && (sizeof(T) == sizeof number || number <= most);
            if (!fits) detail::refuse_number();
        }
        return static_cast<T>(number);
    }
};

template <std::floating_point T>
struct Scalar<T> {
    static constexpr ColumnType type = ColumnType::real;
    static Value store(T value) { return static_cast<double>(value); }
    static T load(Value const& value) { return static_cast<T>(detail::real_in(value)); }
};

template <>
struct Scalar<std::string> {
    static constexpr ColumnType type = ColumnType::text;
    static Value store(std::string const& value) { return value; }
    static std::string load(Value const& value) { return detail::text_in(value); }
};

template <>
struct Scalar<std::filesystem::path> {
    static constexpr ColumnType type = ColumnType::text;
    static Value store(std::filesystem::path const& value) { return value.native(); }
    static std::filesystem::path load(Value const& value) { return detail::text_in(value); }
};

template <class Rep, class Period>
struct Scalar<std::chrono::duration<Rep, Period>> {
    using Duration = std::chrono::duration<Rep, Period>;
    static constexpr ColumnType type = ColumnType::real;
    static Value store(Duration value) { return std::chrono::duration<double>{value}.count(); }
    static Duration load(Value const& value) {
        std::chrono::duration<double> const seconds{detail::real_in(value)};
        if constexpr (std::is_floating_point_v<Rep>) {
            return std::chrono::duration_cast<Duration>(seconds);
        } else {
            std::chrono::duration<double> const longest = Duration::max();
            if (!(std::abs(seconds.count()) < longest.count())) detail::refuse_number();
            return std::chrono::round<Duration>(seconds);
        }
    }
};

template <class T>
concept IsByte = std::is_same_v<T, std::byte> || std::is_same_v<T, unsigned char>;

template <IsByte T>
struct Scalar<std::vector<T>> {
    static constexpr ColumnType type = ColumnType::blob;
    static Value store(std::vector<T> const& value) {
        Bytes bytes(value.size());
        for (std::size_t i = 0; i < value.size(); ++i) bytes[i] = static_cast<std::byte>(value[i]);
        return bytes;
    }
    static std::vector<T> load(Value const& value) {
        Bytes const bytes = detail::bytes_in(value);
        std::vector<T> result(bytes.size());
        for (std::size_t i = 0; i < bytes.size(); ++i) result[i] = static_cast<T>(bytes[i]);
        return result;
    }
};

template <IsScalar T>
struct Scalar<std::optional<T>> {
    static constexpr ColumnType type = Scalar<T>::type;
    static Value store(std::optional<T> const& value) { return value ? Scalar<T>::store(*value) : Value{}; }
    static std::optional<T> load(Value const& value) {
        if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
        return Scalar<T>::load(value);
    }
};

}  // namespace rankpool::batch
