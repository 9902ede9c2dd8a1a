// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <deque>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// Fields as one line of CSV (RFC 4180, but ending with a single newline), which is never blank.
std::string csv_line(std::vector<std::string> const& fields);

/// Reads CSV row by row (RFC 4180; lines may end in "\r" or "\r\n" as well), holding no more than a piece of
/// it. Blank lines are left out. Throws InputError that names `file` and the row where a quoted field does
/// not end, a quotation mark stands where none may, or a row is longer than 64 MiB or of more than a million
/// fields. Give it the stream of a TextFile, which takes away what is no CSV.
class CsvReader {
  public:
    /// Without a separator it is what stands in the first row: a comma, else a tab, else a semicolon.
    CsvReader(std::istream& in, std::string file, std::optional<char> separator = ',');
    CsvReader(CsvReader&&) noexcept;
    ~CsvReader();

    /// The next row; nothing at the end.
    std::optional<std::vector<std::string>> next();
    /// Number of the row that `next` gave last, from 1; the header counts.
    [[nodiscard]] std::size_t row() const;
    /// True if `next` has something without reading.
    [[nodiscard]] bool has_row() const;

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace rankpool::batch
