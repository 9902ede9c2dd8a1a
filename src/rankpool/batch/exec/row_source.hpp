// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/option_set.hpp"
#include "rankpool/batch/rows/table.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// Where rows come from, as it is typed.
struct RowOptions {
    std::vector<std::string> files;     ///< of rows, one after the other
    TableFormat format;                 ///< theirs
    std::string separator;              ///< theirs, one letter, `tab`, or nothing
    std::vector<std::string> grids;     ///< NAME=VALUES
    std::vector<std::string> patterns;  ///< of names of files
    std::string commands;               ///< a file of shell commands
    /// `:::` and values, `::::` and files of values; `:::+` and `::::+` go along with those before.
    std::vector<std::string> lists;

    void declare(OptionSet& options);
    [[nodiscard]] bool is_empty() const;
};

/// The rows that the options mean: the product of the files' rows and of all lists, of which the last varies
/// fastest. Tables are read as they are wanted; lists are held.
class RowSource {
  public:
    using Row = Table::Row;

    /// Throws InputError where a file or a list is none, lists that go together are not of one length, or two
    /// columns have one name.
    explicit RowSource(RowOptions options);

    /// `value`, `value1` and so on where a list has no name.
    [[nodiscard]] std::vector<std::string> const& columns() const { return columns_; }
    /// The columns that are lists of values, which `{}` stands for: all that have no name of their own.
    [[nodiscard]] std::vector<std::size_t> const& values() const { return values_; }
    /// True where rows come in from a pipe, and can be read once only.
    [[nodiscard]] bool is_stream() const;
    /// The rows without those of pipes.
    [[nodiscard]] RowSource of_plain_files() const;

    /// False where `next` would wait for what comes on standard input.
    [[nodiscard]] bool is_ready() const { return !lists_.empty() || !table_ || table_->is_ready(); }
    /// Throws InputError where a row is none.
    std::optional<Row> next();
    /// The last row of a table as a JSON object, if the table has such.
    [[nodiscard]] std::string object() const { return table_ ? table_->object() : ""; }
    /// Where the last row stood, if it stood in a file.
    [[nodiscard]] std::string place() const { return table_ ? table_->place() : ""; }
    /// Begins again.
    void rewind();

  private:
    /// Values that vary together.
    struct List {
        std::vector<std::string> names;  ///< empty ones are to be found
        std::vector<Row> rows;
    };

    RowSource() = default;
    void add_grid(std::string const& grid);
    void add_files_like(std::string const& pattern);
    void add_lists();
    void add_list(std::string const& mark, std::vector<std::string> values);
    void name_columns();
    bool open_next_table();
    std::optional<Row> next_of_tables();
    [[nodiscard]] bool is_wanted(Row const& row) const;

    RowOptions options_;
    bool leaves_out_pipes_ = false;
    std::vector<List> lists_;
    std::vector<std::string> table_columns_;
    std::vector<std::string> columns_;
    std::vector<std::size_t> values_;
    // How far it has come.
    std::optional<Table> table_;
    std::size_t next_file_ = 0;
    std::vector<std::size_t> order_;  ///< of the table's columns
    std::vector<std::size_t> at_;     ///< in each list
    Row row_;                         ///< of the tables
    bool begun_ = false;
};

}  // namespace rankpool::batch
