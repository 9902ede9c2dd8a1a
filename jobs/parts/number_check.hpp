// SPDX-License-Identifier: MIT
#pragma once

#include "jobs/parts/number_list.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <string>

namespace jobs {

/// As CLI::Range, which lets "nan" pass: a number from `least` to `greatest`.
inline CLI::Validator number_between(double least, double greatest) {
    return CLI::Validator{[=](std::string& text) {
                              auto const number = parse_number(text);
                              bool const is_good = number && *number >= least && *number <= greatest;
                              return is_good ? std::string{}
                                             : fmt::format("{} is no number from {} to {}", text, least,
                                                           greatest);
                          },
                          ""};
}

}  // namespace jobs
