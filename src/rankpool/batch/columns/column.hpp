// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace rankpool::batch {

/// How the values of a column are stored; the names are SQLite's. In one of `any` a text that is a number is
/// stored as such.
enum class ColumnType { integer, real, text, blob, any };

/// One field of a job's input or result, as a column of the results table.
struct Column {
    std::string name;  ///< any bytes but a null byte
    ColumnType type = ColumnType::text;

    friend bool operator==(Column const&, Column const&) = default;
};

using Bytes = std::vector<std::byte>;
/// What stands in one cell; nothing is SQL's null.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Bytes>;

}  // namespace rankpool::batch
