// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/scalar.hpp"

#include "rankpool/core/error.hpp"

#include <charconv>
#include <cmath>

namespace rankpool::batch::detail {
namespace {

[[noreturn]] void fail(char const* wanted) {
    throw SerializationError(std::string{"cannot read a stored value (there is no "} + wanted +
                             " in its cell). Has the database been edited?");
}

}  // namespace

std::int64_t integer_in(Value const& value) {
    if (auto const* number = std::get_if<std::int64_t>(&value)) return *number;
    fail("whole number");
}

std::uint64_t large_integer_in(Value const& value) {
    auto const& text = std::get<std::string>(value);
    std::uint64_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) fail("whole number");
    return number;
}

void refuse_number() {
    fail("number that its field can hold");
}

double real_in(Value const& value) {
    if (auto const* number = std::get_if<double>(&value)) return *number;
    if (auto const* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
    // SQLite stores what is not a number as null.
    if (std::holds_alternative<std::monostate>(value)) return std::nan("");
    fail("number");
}

std::string text_in(Value const& value) {
    if (auto const* text = std::get_if<std::string>(&value)) return *text;
    fail("text");
}

Bytes bytes_in(Value const& value) {
    if (auto const* bytes = std::get_if<Bytes>(&value)) return *bytes;
    if (std::holds_alternative<std::monostate>(value)) return {};
    fail("bytes");
}

}  // namespace rankpool::batch::detail
