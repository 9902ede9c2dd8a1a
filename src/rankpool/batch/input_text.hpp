// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/column.hpp"

#include <span>
#include <string>
#include <vector>

namespace rankpool::batch {

/// An input in a line of at most `longest` bytes: `label=n17, number=17`. `values` are those of the columns.
std::string input_text(std::vector<Column> const& columns, std::span<Value const> values,
                       std::size_t longest);

/// Cut at `longest` bytes, but not inside of a character, with dots for the rest.
std::string shortened(std::string text, std::size_t longest);

/// Without the letters that move a terminal's cursor.
std::string in_one_line(std::string text);

}  // namespace rankpool::batch
