// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/rows/next_iterator.hpp"
#include "rankpool/batch/rows/row_reader.hpp"
#include "rankpool/batch/rows/text_file.hpp"

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rankpool::batch {

/// What the first line of a CSV file begins with in which all lines that begin with # are comments.
inline constexpr std::string_view failed_rows_mark = "# rankpool: ";

/// What a file of rows is read as.
struct TableFormat {
    /// `csv`, `tsv`, `jsonl` or `lines`, which are rows of one column, `value`. Empty: what the name ends in,
    /// `.csv`, `.tsv`, `.jsonl` or `.txt`, also before `.gz`; else `csv`. `commands` are lines of one column,
    /// `command`, or CSV with the mark of failed rows.
    std::string name{};
    /// Of fields in CSV; nothing: a comma, a tab or a semicolon, whichever the first row has.
    std::optional<char> separator{};

    /// The name, or what it is for this file.
    [[nodiscard]] std::string name_for(std::string const& file) const;
};

/// The rows of a file with names of columns in its first row, read as they are wanted: an input range of
/// vectors of texts; packed by gzip or not, see TextFile. `-` is standard input. Throws InputError where
/// there is no such file, no first row, a name twice or without letters, a row of another length, or a field
/// with a NUL byte, which nothing could be given as a word.
class Table {
  public:
    using Row = RowReader::Row;

    explicit Table(std::string const& file, TableFormat const& format = {});

    [[nodiscard]] std::vector<std::string> const& columns() const { return columns_; }
    /// Where the row stood that was given last, such as `rows.csv, row 3`.
    [[nodiscard]] std::string place() const { return file_->name() + ", " + reader_->place(); }

    /// False where `next` would wait for what comes on standard input.
    [[nodiscard]] bool is_ready() const { return reader_->has_row() || file_->is_ready(); }
    /// That row as a JSON object, in a file of such; else empty.
    [[nodiscard]] std::string object() const { return reader_->object(); }

    using Iterator = NextIterator<Table, Row>;
    Iterator begin() { return Iterator{*this}; }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }
    /// The next row; nothing at the end.
    std::optional<Row> next();

  private:
    void check_columns() const;
    void refuse_zeros(Row const& row) const;
    [[noreturn]] void fail(std::string const& why) const;

    std::unique_ptr<TextFile> file_;
    std::unique_ptr<RowReader> reader_;
    std::string format_;
    std::vector<std::string> columns_;
};

}  // namespace rankpool::batch
