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

}  // namespace rankpool::batch
