// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/cells.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/printable.hpp"

#include <limits>

namespace rankpool::batch {
namespace {

constexpr double most_seconds = 1e12;
constexpr double end_of_time = 253402300799;  // the last second of the year 9999

[[noreturn]] void fail(SQLite::Statement& row, int column, char const* wanted) {
    throw SerializationError("its column " + printable(row.getColumnName(column)) +
                             " has something else than " + wanted);
}

}  // namespace

std::int64_t whole_number(SQLite::Statement& row, int column, std::int64_t least, std::int64_t most) {
    auto const cell = row.getColumn(column);
    std::int64_t const number = cell.isInteger() ? cell.getInt64() : 0;
    if (!cell.isInteger() || number < least || number > most) fail(row, column, "such a whole number");
    return number;
}

std::int64_t count_in(SQLite::Statement& row, int column) {
    constexpr std::int64_t most = std::int64_t{1} << 53U;
    return whole_number(row, column, 0, most);
}

int small_number(SQLite::Statement& row, int column) {
    return static_cast<int>(whole_number(row, column, 0, std::numeric_limits<int>::max() / 2));
}

double number_in(SQLite::Statement& row, int column, double least, double most) {
    auto const cell = row.getColumn(column);
    if (cell.isNull()) return 0;
    bool const is_number = cell.isFloat() || cell.isInteger();
    double const number = is_number ? cell.getDouble() : 0;
    if (!is_number || !(number >= least && number <= most)) fail(row, column, "such a number");
    return number;
}

double moment_in(SQLite::Statement& row, int column) {
    return number_in(row, column, 0, end_of_time);
}

double seconds_in(SQLite::Statement& row, int column) {
    return number_in(row, column, 0, most_seconds);
}

std::string text_in(SQLite::Statement& row, int column) {
    auto const cell = row.getColumn(column);
    if (cell.isNull()) return "";
    if (!cell.isText()) fail(row, column, "text");
    return cell.getString();
}

Value value_in(SQLite::Column const& cell) {
    if (cell.isInteger()) return cell.getInt64();
    if (cell.isFloat()) return cell.getDouble();
    if (cell.isText()) return cell.getString();
    if (cell.isBlob()) {
        auto const* const data = static_cast<std::byte const*>(cell.getBlob());
        return Bytes(data, data + cell.getBytes());
    }
    return {};
}

}  // namespace rankpool::batch
