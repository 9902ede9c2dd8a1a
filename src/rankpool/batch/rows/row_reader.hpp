// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// Rows of texts, read one after the other from a file.
class RowReader {
  public:
    using Row = std::vector<std::string>;

    virtual ~RowReader() = default;
    /// The names of the columns, as the file has them.
    [[nodiscard]] virtual std::vector<std::string> columns() = 0;
    /// The next row; nothing at the end.
    virtual std::optional<Row> next() = 0;
    /// True if `next` has something without reading.
    [[nodiscard]] virtual bool has_row() const { return false; }
    /// The row that `next` gave last as a JSON object, in a file of such; else empty.
    [[nodiscard]] virtual std::string object() const { return {}; }
    /// Where the row stood that `next` gave last, such as "row 3".
    [[nodiscard]] virtual std::string place() const = 0;
};

}  // namespace rankpool::batch
