// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/rows/csv.hpp"
#include "rankpool/batch/rows/text_file.hpp"

#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace rankpool::batch {

/// The rows of a CSV file with names of columns in its first row, read as they are wanted: an input range of
/// vectors of texts; packed by gzip or not, see TextFile. `-` is standard input. Throws InputError where
/// there is no such file, no first row, a name twice or without letters, a row of another length, or a field
/// with a NUL byte, which nothing could be given as a word.
class Table {
  public:
    using Row = std::vector<std::string>;

    explicit Table(std::string const& file);

    [[nodiscard]] std::vector<std::string> const& columns() const { return columns_; }

    class Iterator {
      public:
        using value_type = Row;
        using difference_type = std::ptrdiff_t;
        using iterator_category = std::input_iterator_tag;

        Iterator() = default;
        explicit Iterator(Table& table) : table_(&table), row_(table.next()) {}

        Row const& operator*() const { return *row_; }
        Iterator& operator++() {
            row_ = table_->next();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(Iterator const& i, std::default_sentinel_t) { return !i.row_; }

      private:
        Table* table_ = nullptr;
        std::optional<Row> row_;
    };

    Iterator begin() { return Iterator{*this}; }
    [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  private:
    std::optional<Row> next();
    void refuse_zeros(Row const& row) const;
    [[noreturn]] void fail(std::string const& why) const;

    TextFile file_;
    CsvReader reader_;
    std::vector<std::string> columns_;
};

}  // namespace rankpool::batch
