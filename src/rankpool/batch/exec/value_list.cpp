// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/value_list.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/batch/text/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace rankpool::batch {
namespace {

constexpr double most_values = 1e7;

std::optional<double> finite_in(std::string const& text) {
    auto const number = parse_number<double>(text);
    return number && std::isfinite(*number) ? number : std::nullopt;
}

[[noreturn]] void refuse(std::string const& range, std::string const& why) {
    throw InputError(
        fmt::format("cannot take values from {} ({}). Write from:to:step, such as 0:1:0.1, "
                    "log:from:to:count, or 1-100:5?",
                    range, why));
}

/// Digits after the decimal point that the number is written with.
int decimals_of(std::string const& text) {
    auto const exponent = text.find_first_of("eE");
    auto const mantissa = text.substr(0, exponent);
    auto const point = mantissa.find('.');
    int decimals = point == std::string::npos ? 0 : static_cast<int>(mantissa.size() - point - 1);
    if (exponent != std::string::npos) {
        auto const sign = text.find_first_not_of('+', exponent + 1);
        decimals -= parse_number<int>(text.substr(std::min(sign, text.size()))).value_or(0);
    }
    constexpr int most_decimals = 400;  // the smallest double has fewer
    return std::clamp(decimals, 0, most_decimals);
}

/// The shortest text that reads back, without an exponent.
std::string without_exponent(double number) {
    auto const text = fmt::format("{}", number);
    auto const exponent = text.find('e');
    if (exponent == std::string::npos) return text;
    if (number > -1 && number < 1) return fmt::format("{:.{}f}", number, decimals_of(text));
    // Zeros, not the digits that the double has beyond those that it was meant by.
    auto digits = text.substr(0, exponent);
    auto zeros = parse_number<std::size_t>(text.substr(exponent + std::string_view{"e+"}.size())).value_or(0);
    if (auto const point = digits.find('.'); point != std::string::npos) {
        digits.erase(point, 1);
        zeros -= digits.size() - point;
    }
    return digits + std::string(zeros, '0');
}

/// Of whole numbers, which a double would not keep beyond 2^53. Nothing where some part is none.
std::optional<std::vector<std::string>> even_whole_steps(std::string const& text,
                                                         std::vector<std::string> const& parts) {
    auto const from = parse_number<std::int64_t>(parts[0]);
    auto const to = parse_number<std::int64_t>(parts[1]);
    auto const step =
        parts.size() > 2 ? parse_number<std::int64_t>(parts[2]) : std::optional{std::int64_t{1}};
    if (!from || !to || !step) return std::nullopt;
    if (*step == 0 || (*to != *from && (*to > *from) != (*step > 0))) refuse(text, "its step leads nowhere");
    // Without signs nothing is too large, and what goes beyond comes round to the same.
    auto const bits = [](std::int64_t number) { return static_cast<std::uint64_t>(number); };
    auto const distance = *step > 0 ? bits(*to) - bits(*from) : bits(*from) - bits(*to);
    auto const last = distance / (*step > 0 ? bits(*step) : -bits(*step));
    if (static_cast<double>(last) >= most_values) refuse(text, "that is more than ten million");
    std::vector<std::string> values;
    for (std::uint64_t i = 0; i <= last; ++i) {
        values.push_back(std::to_string(static_cast<std::int64_t>(bits(*from) + i * bits(*step))));
    }
    return values;
}

void refuse_inexact(std::string const& text, std::vector<std::string> const& parts) {
    constexpr double largest_exact = 9007199254740992;  // 2^53
    for (auto const& part : parts) {
        auto const exponent = part.find_first_of("eE");
        if (exponent == std::string::npos && std::abs(finite_in(part).value_or(0)) > largest_exact) {
            refuse(text, part + " has more digits than are kept");
        }
    }
}

std::vector<std::string> even_steps(std::string const& text, std::vector<std::string> const& parts) {
    if (auto whole = even_whole_steps(text, parts)) return *std::move(whole);
    refuse_inexact(text, parts);
    double const from = *finite_in(parts[0]);
    double const to = *finite_in(parts[1]);
    auto const step = parts.size() > 2 ? finite_in(parts[2]) : std::optional{1.0};
    if (!step || *step == 0 || (to - from) / *step < 0) refuse(text, "its step leads nowhere");
    double const count = std::floor((to - from) / *step + 1e-9) + 1;
    if (!(count <= most_values)) refuse(text, "that is more than ten million");
    int const decimals = std::max(decimals_of(parts[0]), parts.size() > 2 ? decimals_of(parts[2]) : 0);
    std::vector<std::string> values;
    for (double i = 0; i < count; ++i) {
        auto const rounded = fmt::format("{:.{}f}", from + i * *step, decimals);
        double const value = *parse_number<double>(rounded);
        values.push_back(without_exponent(value == 0 ? 0.0 : value));
    }
    return values;
}

std::vector<std::string> log_steps(std::string const& text, std::vector<std::string> const& parts) {
    if (parts.size() != 4) refuse(text, "it is not log:from:to:count");
    double const from = finite_in(parts[1]).value_or(0);
    double const to = finite_in(parts[2]).value_or(0);
    auto const count = parse_number<std::int64_t>(parts[3]).value_or(0);
    if (from <= 0 || to <= 0) refuse(text, "its ends have no logarithm");
    if (count < 1 || static_cast<double>(count) > most_values) refuse(text, "its count is none");
    std::vector<std::string> values;
    for (std::int64_t i = 0; i < count; ++i) {
        double const share = count == 1 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1);
        double value = std::pow(10, std::log10(from) + share * (std::log10(to) - std::log10(from)));
        if (i == 0) value = from;
        if (i > 0 && i + 1 == count) value = to;
        // The logarithm's last digits are noise: 0.001, not 0.0010000000000000002.
        values.push_back(without_exponent(*parse_number<double>(fmt::format("{:.14e}", value))));
    }
    return values;
}

/// `1-100:5` or `1-100`, and nothing that only looks like it, such as a date.
std::optional<std::vector<std::string>> whole_steps(std::string const& text) {
    auto const dash = text.find('-');
    if (dash == std::string::npos || text.find_first_not_of("0123456789-:") != std::string::npos) return {};
    auto const colon = std::min(text.find(':'), text.size());
    auto const number = [&](std::size_t from, std::size_t to) -> std::optional<std::int64_t> {
        auto const part = text.substr(from, to - from);
        if (part.empty() || part.size() > 15 || (part.size() > 1 && part[0] == '0')) return std::nullopt;
        return parse_number<std::int64_t>(part);
    };
    if (dash > colon) return std::nullopt;
    auto const from = number(0, dash);
    auto const to = number(dash + 1, colon);
    auto const step = colon < text.size() ? number(colon + 1, text.size()) : std::optional{std::int64_t{1}};
    if (!from || !to || !step || *step == 0 || *to < *from) return std::nullopt;
    if (static_cast<double>((*to - *from) / *step) >= most_values) {
        refuse(text, "that is more than ten million");
    }
    std::vector<std::string> values;
    for (std::int64_t value = *from; value <= *to; value += *step) values.push_back(std::to_string(value));
    return values;
}

std::vector<std::string> values_of_piece(std::string const& piece) {
    auto const parts = split(piece, ':');
    if (parts[0] == "log" && parts.size() > 1) return log_steps(piece, parts);
    bool const is_range =
        (parts.size() == 2 || parts.size() == 3) && finite_in(parts[0]) && finite_in(parts[1]);
    if (is_range) return even_steps(piece, parts);
    return values_of_word(piece);
}

}  // namespace

std::vector<std::string> values_in(std::string const& text) {
    std::vector<std::string> values;
    for (auto const& piece : split(text, ',')) {
        auto more = values_of_piece(piece);
        values.insert(values.end(), std::make_move_iterator(more.begin()),
                      std::make_move_iterator(more.end()));
    }
    return values;
}

std::vector<std::string> values_of_word(std::string const& word) {
    return whole_steps(word).value_or(std::vector{word});
}

}  // namespace rankpool::batch
