// SPDX-License-Identifier: MIT
#include "rankpool/batch/job/retry_rules.hpp"

#include "rankpool/batch/command/end_steps.hpp"
#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/batch/text/split.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace rankpool::batch {
namespace {

constexpr int wrong_use = 2;

/// `exit` and the numbers after `=`; none where there is no `=`.
struct Cause {
    std::string name;
    std::vector<int> numbers;
};

std::optional<Cause> parse_cause(std::string const& text) {
    auto const place = text.find('=');
    Cause cause{text.substr(0, place), {}};
    bool const takes_numbers = cause.name == "exit" || cause.name == "signal";
    constexpr std::array others{"timeout", "oom", "lost", "all"};
    if (!takes_numbers && std::ranges::find(others, cause.name) == others.end()) return std::nullopt;
    if (place == std::string::npos) return cause;
    if (!takes_numbers) return std::nullopt;
    for (auto const& part : split(text.substr(place + 1), ',')) {
        auto const number = cause.name == "signal" ? parse_signal(part) : parse_number<int>(part);
        if (!number || *number < 0 || *number > 255) return std::nullopt;
        cause.numbers.push_back(*number);
    }
    return cause;
}

bool is_of(Cause const& cause, Attempt const& attempt) {
    if (cause.name == "all") return true;
    if (cause.name == "lost") return attempt.outcome == AttemptOutcome::lost;
    if (cause.name == "timeout") return attempt.outcome == AttemptOutcome::timeout;
    if (!attempt.command) return false;
    if (cause.name == "oom") return attempt.command->cause == "memory";
    bool const by_exit = cause.name == "exit";
    if (attempt.command->cause != cause.name) return false;
    auto const number = by_exit ? attempt.command->exit_code : attempt.command->signal;
    return number &&
           (cause.numbers.empty() || std::ranges::find(cause.numbers, *number) != cause.numbers.end());
}

}  // namespace

bool RetryRules::allow(Attempt const& attempt) const {
    if (causes_.empty()) {
        if (!attempt.command || attempt.outcome != AttemptOutcome::failed) return true;
        return attempt.command->cause != "start" &&
               !(attempt.command->cause == "exit" && attempt.command->exit_code == wrong_use);
    }
    return std::ranges::any_of(causes_, [&](std::string const& text) {
        auto const cause = parse_cause(text);
        return cause && is_of(*cause, attempt);
    });
}

std::string RetryRules::problem_of(std::string const& cause) {
    bool const is_count = cause.find_first_not_of("0123456789") == std::string::npos;
    if (is_count) return "for a number of tries there is no option --retry; did you mean --retries?";
    return parse_cause(cause) ? ""
                              : cause + " is none of exit=3,75 exit signal=9 signal timeout oom lost all";
}

std::chrono::nanoseconds RetryDelay::after(unsigned failures) const {
    constexpr double most = 86400e9;
    // No delay times what has grown beyond all numbers is none.
    if (first.count() == 0) return first;
    double const grown =
        static_cast<double>(first.count()) * std::pow(factor, failures > 0 ? failures - 1 : 0);
    return std::chrono::nanoseconds{static_cast<std::int64_t>(std::min(grown, most))};
}

std::optional<RetryDelay> parse_retry_delay(std::string const& text) {
    auto const star = text.find('*');
    auto const first = parse_duration(text.substr(0, star));
    if (!first) return std::nullopt;
    if (star == std::string::npos) return RetryDelay{*first, 1};
    auto const factor = parse_number<double>(text.substr(star + 1));
    bool const is_good = factor && *factor >= 1 && *factor <= 1000;
    return is_good ? std::optional{RetryDelay{*first, *factor}} : std::nullopt;
}

std::optional<Halt> parse_halt(std::string const& text) {
    auto const comma = text.find(',');
    auto const equals = text.find('=');
    if (comma == std::string::npos || equals == std::string::npos || equals < comma) return std::nullopt;
    auto const when = text.substr(0, comma);
    auto const what = text.substr(comma + 1, equals - comma - 1);
    auto const share = parse_share(text.substr(equals + 1));
    if (!share || share->value <= 0 || (when != "now" && when != "soon") ||
        (what != "fail" && what != "success")) {
        return std::nullopt;
    }
    return Halt{when == "now", what == "success", share->value, share->is_percent};
}

}  // namespace rankpool::batch
