// SPDX-License-Identifier: MIT
#include "rankpool/batch/text/quantity.hpp"

#include "rankpool/core/thousands.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

namespace rankpool::batch {
namespace {

/// Takes a number from the front of the text; not below 0, and not infinite.
std::optional<double> take_number(std::string_view& text) {
    double number = 0;
    auto const [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || !std::isfinite(number) || std::signbit(number)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::string_view take_word(std::string_view& text) {
    auto const end = std::min(text.find_first_of("0123456789."), text.size());
    auto const word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

std::optional<double> seconds_in(std::string_view unit) {
    constexpr std::array<std::pair<std::string_view, double>, 6> units{
        {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"min", 60}, {"h", 3600}, {"d", 86400}}};
    for (auto const& [name, seconds] : units) {
        if (name == unit) return seconds;
    }
    return std::nullopt;
}

/// `1h30m`: each unit is shorter than the one before it.
std::optional<double> seconds_by_units(std::string_view text) {
    double total = 0;
    double longest = std::numeric_limits<double>::infinity();
    do {
        auto const number = take_number(text);
        auto const unit = number ? seconds_in(take_word(text)) : std::nullopt;
        if (!unit || *unit >= longest) return std::nullopt;
        longest = *unit;
        total += *number * *unit;
    } while (!text.empty());
    return total;
}

/// Digits alone, no more than `most`.
std::optional<double> whole_number(std::string_view text, double most) {
    if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string_view::npos) {
        return std::nullopt;
    }
    double const number = std::stod(std::string{text});
    return number <= most ? std::optional{number} : std::nullopt;
}

/// `1:30`, `1:30:00`, `2-12`, `2-12:00`, `2-12:00:00`.
std::optional<double> seconds_as_slurm_writes(std::string_view text) {
    constexpr double no_end = 1e9;
    double total = 0;
    auto const dash = text.find('-');
    bool const has_days = dash != std::string_view::npos;
    if (has_days) {
        auto const days = whole_number(text.substr(0, dash), no_end);
        if (!days) return std::nullopt;
        total = 86400 * *days;
        text.remove_prefix(dash + 1);
    }
    auto const colons = static_cast<std::size_t>(std::ranges::count(text, ':'));
    // After days come hours, else the last is seconds.
    std::array<double, 3> const units{3600, 60, 1};
    std::size_t const first = has_days ? 0 : 2 - std::min<std::size_t>(colons, 2);
    if (colons > 2) return std::nullopt;
    for (std::size_t i = 0; i <= colons; ++i) {
        double const most = i > 0 ? 59 : has_days ? 23 : no_end;
        auto const number = whole_number(text.substr(0, text.find(':')), most);
        if (!number) return std::nullopt;
        total += *number * units.at(first + i);
        if (i < colons) text.remove_prefix(text.find(':') + 1);
    }
    return total;
}

std::optional<double> seconds_in_duration(std::string_view text) {
    if (text.find_first_of(":-") != std::string_view::npos) return seconds_as_slurm_writes(text);
    if (text.find_first_not_of("0123456789.") != std::string_view::npos) return seconds_by_units(text);
    auto const number = take_number(text);
    return text.empty() ? number : std::nullopt;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string const& text) {
    auto const seconds = seconds_in_duration(text);
    if (!seconds || *seconds > 1e9) return std::nullopt;
    return std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>{*seconds});
}

std::optional<std::uint64_t> parse_size(std::string const& text) {
    std::string_view rest{text};
    auto const number = take_number(rest);
    if (!number) return std::nullopt;
    std::string unit;
    for (char const c : rest) unit += lower(c);
    constexpr std::string_view prefixes = "kmgtp";
    double factor = 1;
    if (!unit.empty() && unit != "b") {
        auto const power = prefixes.find(unit[0]);
        if (power == std::string_view::npos) return std::nullopt;
        factor = std::pow(1024.0, static_cast<double>(power + 1));
        if (auto const suffix = unit.substr(1);
            !suffix.empty() && suffix != "b" && suffix != "i" && suffix != "ib") {
            return std::nullopt;
        }
    }
    double const bytes = *number * factor;
    if (bytes > 1e18) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
}

std::optional<Share> parse_share(std::string const& text) {
    std::string_view rest{text};
    auto const number = take_number(rest);
    if (!number) return std::nullopt;
    if (rest == "%" && *number <= 100) return Share{*number, true};
    if (rest.empty() && *number == std::floor(*number)) return Share{*number, false};
    return std::nullopt;
}

std::optional<double> parse_percent(std::string const& text) {
    std::string_view rest{text};
    auto const number = take_number(rest);
    return number && rest == "%" && *number > 0 ? std::optional{*number / 100} : std::nullopt;
}

std::string duration_text(double seconds) {
    // What no run can have taken may still stand in a file.
    constexpr double longest = 1e12;
    if (!(std::abs(seconds) < longest)) return fmt::format("{} s", seconds);
    if (seconds < 0.9995e-3) return fmt::format("{:.0f} us", seconds * 1e6);
    if (seconds < 0.9995) return fmt::format("{:.{}f} ms", seconds * 1e3, seconds < 9.95e-3 ? 1 : 0);
    if (seconds < 99.5) return fmt::format("{:.{}f} s", seconds, seconds < 9.95 ? 1 : 0);
    auto const whole = std::llround(seconds);
    if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
    return fmt::format("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string counted(std::size_t count, std::string const& thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string amount_text(double amount, std::string const& unit) {
    constexpr std::array prefixes{"", "k", "M", "G"};
    auto const [number, power] = in_thousands(amount, prefixes.size() - 1);
    std::string const word = prefixes.at(power) + unit;
    return fmt::format("{:.3g}{}{}", number, word.empty() ? "" : " ", word);
}

std::string size_text(double bytes) {
    constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
    auto const [number, power] = in_thousands(bytes, units.size() - 1);
    return fmt::format("{:.{}f} {}", number, power > 0 && number < 9.95 ? 1 : 0, units.at(power));
}

double now_seconds() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string time_text(double seconds_since_1970) {
    // Years that have four digits; what else may stand in a file is shown as it is.
    constexpr double first = -62e9;
    constexpr double last = 253e9;
    if (!(seconds_since_1970 > first && seconds_since_1970 < last)) {
        return fmt::format("{} s since 1970", seconds_since_1970);
    }
    return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(static_cast<std::time_t>(seconds_since_1970)));
}

}  // namespace rankpool::batch
