// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/attempt.hpp"
#include "rankpool/batch/store/group_commit.hpp"
#include "rankpool/batch/store/table_layout.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <span>
#include <vector>

namespace rankpool::batch {

/// Writes what became of tasks into `attempts`, `results` and `failures`.
class ResultWriter {
  public:
    /// All of these must outlive it.
    ResultWriter(SQLite::Database& database, GroupCommit& group, TableLayout const& layout);

    /// True if the database has room for values of that size.
    static bool has_room_for(std::span<Value const> values);

    /// To be called when the layout has got another column, as the table has.
    void take_new_layout();

    void add_attempt(std::int64_t session, Attempt const& attempt);
    /// Values of the input's fields, then the result's.
    void add_result(std::int64_t task, std::span<Value const> values, bool had_failed);
    void add_failure(std::int64_t task, Attempt const& last, std::span<Value const> input);

  private:
    std::span<Value const> columns_of(std::span<Value const> fields);

    SQLite::Database& database_;
    GroupCommit& group_;
    TableLayout const& layout_;
    std::vector<Value> packed_;  ///< the row that is being written
    SQLite::Statement add_attempt_, add_result_, add_failure_, drop_failure_;
};

}  // namespace rankpool::batch
