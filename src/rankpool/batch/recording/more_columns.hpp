// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/store.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// The columns that come with results, behind those that the job has named: a table gets each when a result
/// first has it.
class MoreColumns {
  public:
    /// The record, which must outlive it, has the job's own columns, and will have more.
    explicit MoreColumns(RunRecord& record) : record_(record), own_(record.result_columns.size()) {}

    /// Appends values of further columns to those of a task's fields, nulls where it has none.
    void append(std::vector<std::pair<std::string, Value>> const& more, std::vector<Value>& values,
                Store& store);

    /// Once, and not again: the name of the first value for which the table had no room.
    std::optional<std::string> take_left_out() { return std::exchange(left_out_, std::nullopt); }

  private:
    std::optional<std::size_t> place_of(std::string const& name, Store& store);
    void look_at_record();
    [[nodiscard]] std::string beside_others(std::string name) const;
    [[nodiscard]] bool is_free(std::size_t place, std::string const& called) const;

    RunRecord& record_;
    std::size_t own_;
    std::set<std::string> others_;                ///< names of all other columns, in lower case
    std::map<std::string, std::size_t> columns_;  ///< places by the columns' names, in lower case
    std::set<std::size_t> given_;                 ///< those that a name has in this session
    std::map<std::string, std::size_t> places_;   ///< by the values' own names
    bool has_left_out_ = false;
    std::optional<std::string> left_out_;
};

}  // namespace rankpool::batch
