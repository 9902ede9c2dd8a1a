// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/any_value.hpp"

#include <algorithm>
#include <charconv>

namespace rankpool::batch {
namespace {

constexpr std::size_t most_digits_of_integer = 18;
constexpr std::size_t most_digits_of_real = 15;

template <class Number>
Value number_of(std::string const& text) {
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

std::optional<Value> number_in(std::string const& text) {
    std::size_t const first = text.starts_with('-') ? 1 : 0;
    auto const digits = [&](std::size_t from) {
        return std::min(text.find_first_not_of("0123456789", from), text.size()) - from;
    };
    std::size_t const whole = digits(first);
    bool const has_zero = whole > 1 && text[first] == '0';
    if (whole == 0 || has_zero) return std::nullopt;
    std::size_t const point = first + whole;
    if (point == text.size()) {
        bool const is_kept = whole <= most_digits_of_integer && text != "-0";
        return is_kept ? std::optional{number_of<std::int64_t>(text)} : std::nullopt;
    }
    std::size_t const decimals = text[point] == '.' ? digits(point + 1) : 0;
    bool const is_kept =
        decimals > 0 && point + 1 + decimals == text.size() && whole + decimals <= most_digits_of_real;
    return is_kept ? std::optional{number_of<double>(text)} : std::nullopt;
}

void settle_numbers(std::vector<Column> const& columns, std::span<Value> values) {
    for (std::size_t i = 0; i < std::min(columns.size(), values.size()); ++i) {
        auto const* text = std::get_if<std::string>(&values[i]);
        if (columns[i].type != ColumnType::any || !text) continue;
        if (auto number = number_in(*text)) values[i] = *std::move(number);
    }
}

}  // namespace rankpool::batch
