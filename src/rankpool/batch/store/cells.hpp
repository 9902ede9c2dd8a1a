// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>

namespace rankpool::batch {

/// The cells of a row of a database that anybody may have edited. All throw SerializationError where
/// something else stands in a cell than what this program writes there.
std::int64_t whole_number(SQLite::Statement& row, int column, std::int64_t least, std::int64_t most);
/// A number of rows, bytes or the like.
std::int64_t count_in(SQLite::Statement& row, int column);
int small_number(SQLite::Statement& row, int column);
/// Finite; null is 0.
double number_in(SQLite::Statement& row, int column, double least, double most);
/// Seconds since 1970, up to the year 9999; null is 0.
double moment_in(SQLite::Statement& row, int column);
/// Of a task or of many workers; null is 0.
double seconds_in(SQLite::Statement& row, int column);
/// Null is no text.
std::string text_in(SQLite::Statement& row, int column);

/// Whatever stands in the cell.
Value value_in(SQLite::Column const& cell);

}  // namespace rankpool::batch
