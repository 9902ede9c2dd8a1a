// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/store.hpp"

#include <cstddef>
#include <map>
#include <optional>
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

  private:
    std::optional<std::size_t> place_of(std::string const& name, Store& store);

    RunRecord& record_;
    std::size_t own_;
    std::map<std::string, std::optional<std::size_t>> places_;
};

}  // namespace rankpool::batch
