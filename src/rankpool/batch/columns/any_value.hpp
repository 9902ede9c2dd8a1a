// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"

#include <optional>
#include <span>
#include <string>

namespace rankpool::batch {

/// The number that a text is in plain digits, such as -3 or 0.50. None for one that a number would not give
/// back: with a zero before it, an exponent, or more digits than are kept.
std::optional<Value> number_in(std::string const& text);

/// Texts in columns of type `any` become numbers where they are such.
void settle_numbers(std::vector<Column> const& columns, std::span<Value> values);

}  // namespace rankpool::batch
