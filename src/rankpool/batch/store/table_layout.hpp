// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/run_record.hpp"

#include <span>
#include <string>
#include <vector>

namespace rankpool::batch {

/// How the fields of inputs and results stand in the tables of a run: each in a column, up to what SQLite
/// takes. Of wider inputs the fields that are left stand together in the last of the input's columns,
/// `more_inputs`, as a JSON object with the names that their columns would have had.
class TableLayout {
  public:
    static constexpr auto more_inputs = "more_inputs";

    /// Throws InputError where the fields of the results are too many.
    explicit TableLayout(RunRecord const& record);

    [[nodiscard]] bool is_packed() const { return !packed_.empty(); }
    /// The columns of the tables for inputs, and for results.
    [[nodiscard]] std::vector<Column> const& inputs() const { return inputs_; }
    [[nodiscard]] std::vector<Column> const& results() const { return results_; }

    /// Turns values of all fields, of an input or of an input and a result, into those of the columns.
    void pack(std::span<Value const> fields, std::vector<Value>& columns) const;
    /// And back. Throws SerializationError where the JSON is not what was packed.
    void unpack(std::vector<Value>& values) const;

  private:
    std::vector<Column> inputs_;
    std::vector<Column> results_;
    std::vector<Column> packed_;      ///< fields that share a column
    std::vector<std::string> names_;  ///< theirs, as JSON
};

}  // namespace rankpool::batch
