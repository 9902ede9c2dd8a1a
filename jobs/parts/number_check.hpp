// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/number_list.hpp"

#include <fmt/format.h>

#include <functional>
#include <string>

namespace jobs {

/// For an option's check: a number from `least` to `greatest`.
inline std::function<std::string(std::string const&)> number_between(double least, double greatest) {
    return [=](std::string const& text) {
        auto const number = parse_number(text);
        bool const is_good = number && *number >= least && *number <= greatest;
        return is_good ? "" : fmt::format("{} is no number from {} to {}", text, least, greatest);
    };
}

}  // namespace jobs
