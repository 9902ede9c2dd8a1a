// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"

#include <span>
#include <string>
#include <vector>

namespace rankpool::batch {

/// An input in a printable line of about `longest` bytes: `label=n17, number=17`. `values` are those of the
/// columns.
std::string input_text(std::vector<Column> const& columns, std::span<Value const> values,
                       std::size_t longest);

/// A value as people type it; bytes as hexadecimal digits, nothing for null.
std::string plain_text(Value const& value);

/// Cut at `longest` bytes, but not inside of a character, with dots for the rest.
std::string shortened(std::string text, std::size_t longest);

/// The same, but with its end, where programs often say what is wrong, and a note of how much is left out.
std::string bounded_text(std::string const& text, std::size_t longest);

}  // namespace rankpool::batch
