// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jobs {

/// A finite number, which may have a plus before it and blanks around it; nothing where the text is none.
std::optional<double> parse_number(std::string_view text);

/// Numbers as a person lists them: `28`, `1,2,5`, `0:200:0.5` (from, to, step, both ends included where the
/// step meets them), `1:25` (in steps of 1), and these joined by commas. Nothing where the text is no such
/// list, a step does not lead from the first to the last number, or there would be more than ten million.
std::optional<std::vector<double>> parse_numbers(std::string const& text);

/// For an option's check: says what is wrong with the text, or nothing.
std::string check_numbers(std::string const& text);

}  // namespace jobs
