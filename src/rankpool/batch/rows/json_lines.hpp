// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/rows/row_reader.hpp"

#include <istream>

namespace rankpool::batch {

/// JSON Lines: an object in each line, all with the names of the first, in any order. Texts are taken as they
/// are, numbers as they are written, also in lists and objects, which stay JSON; null is an empty text. Blank
/// lines are left out. Throws InputError that names `file` and the line where it is otherwise.
class JsonLines final : public RowReader {
  public:
    JsonLines(std::istream& in, std::string file) : in_(in), file_(std::move(file)) {}

    std::vector<std::string> columns() override;
    std::optional<Row> next() override;
    [[nodiscard]] bool has_row() const override { return first_.has_value(); }
    [[nodiscard]] std::string object() const override { return object_; }
    [[nodiscard]] std::string place() const override { return "line " + std::to_string(line_); }

  private:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    std::optional<Fields> read();
    [[noreturn]] void fail(std::string const& why) const;

    std::istream& in_;
    std::string file_;
    std::size_t line_ = 0;
    std::string object_;           ///< of the row that was read last
    std::optional<Fields> first_;  ///< read for its names, and not yet given
    std::vector<std::string> columns_;
};

}  // namespace rankpool::batch
