// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/end_steps.hpp"

#include "rankpool/batch/text/parse_number.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/batch/text/split.hpp"

#include <signal.h>

#include <cstring>

namespace rankpool::batch {

EndSteps default_end_steps() {
    return {{SIGTERM, 5}};
}

double total_seconds(EndSteps const& steps) {
    double sum = 0;
    for (auto const& step : steps) sum += step.seconds;
    return sum;
}

std::optional<int> parse_signal(std::string const& text) {
    if (auto const number = parse_number<int>(text)) {
        return *number > 0 && *number < NSIG ? number : std::nullopt;
    }
    std::string const name = text.starts_with("SIG") ? text.substr(3) : text;
    for (int number = 1; number < NSIG; ++number) {
        char const* const known = ::sigabbrev_np(number);
        if (known && name == known) return number;
    }
    return std::nullopt;
}

std::optional<EndSteps> parse_end_steps(std::string const& text) {
    EndSteps steps;
    bool has_time = true;
    for (auto const& part : split(text, ',')) {
        if (has_time) {
            auto const signal = parse_signal(part);
            if (!signal) return std::nullopt;
            steps.push_back({*signal, 0});
        } else {
            auto const duration = parse_duration(part);
            if (!duration) return std::nullopt;
            steps.back().seconds = std::chrono::duration<double>(*duration).count();
        }
        has_time = !has_time;
    }
    return steps;
}

}  // namespace rankpool::batch
