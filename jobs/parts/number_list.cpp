// SPDX-License-Identifier: MIT
#include "jobs/parts/number_list.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

namespace jobs {
namespace {

constexpr double most = 1e7;

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (std::size_t start = 0;;) {
        auto const end = text.find(at, start);
        parts.push_back(text.substr(start, end - start));
        if (end == std::string_view::npos) return parts;
        start = end + 1;
    }
}

/// Appends the numbers of one part between commas; false where it is none.
bool append(std::string_view text, std::vector<double>& numbers) {
    std::vector<double> ends;
    for (auto const part : split(text, ':')) {
        auto const number = parse_number(part);
        if (!number) return false;
        ends.push_back(*number);
    }
    if (ends.size() == 1) {
        numbers.push_back(ends[0]);
        return true;
    }
    if (ends.size() > 3) return false;
    double const step = ends.size() == 3 ? ends[2] : 1;
    // A little more than a whole number of steps, so that rounding does not lose the last.
    double const steps = (ends[1] - ends[0]) / step * (1 + 1e-12) + 1e-9;
    if (!(steps >= 0) || steps + static_cast<double>(numbers.size()) > most) return false;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(steps); ++i) {
        numbers.push_back(ends[0] + static_cast<double>(i) * step);
    }
    return true;
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n\v\f";
    auto const start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos) return std::nullopt;
    text = text.substr(start, text.find_last_not_of(blanks) - start + 1);
    // from_chars knows no plus; after one there is no other sign.
    if (text.starts_with('+') && text.substr(1, 1) != "-") text.remove_prefix(1);
    double number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
        return std::nullopt;
    return number;
}

std::optional<std::vector<double>> parse_numbers(std::string const& text) {
    std::vector<double> numbers;
    for (auto const part : split(text, ',')) {
        if (!append(part, numbers)) return std::nullopt;
    }
    return numbers;
}

std::string check_numbers(std::string const& text) {
    return parse_numbers(text) ? "" : text + " is no list of numbers, such as 28 or 1,2,5 or 0:200:0.5";
}

}  // namespace jobs
