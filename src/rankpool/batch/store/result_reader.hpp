// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/table_layout.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace rankpool::batch {

/// Reads back what a run has stored, of inputs that are still there. Throws SerializationError where it
/// cannot be understood.
class ResultReader {
  public:
    using TakeValues = std::function<void(std::span<Value const>)>;
    using TakeFailure =
        std::function<void(std::int64_t task, std::string const& error, std::span<Value const> input)>;

    /// Both must outlive it.
    ResultReader(SQLite::Database& database, TableLayout const& layout)
        : database_(database), layout_(layout) {}

    [[nodiscard]] std::int64_t count_results() const;
    [[nodiscard]] std::int64_t count_failures() const;
    /// Calls `take` with the values of a task's result, if it has one: of the input's fields, then the
    /// result's.
    void read_result(std::int64_t task, TakeValues const& take) const;
    /// What the command of an attempt, by its row, has written to stdout, where that is kept.
    [[nodiscard]] std::string output_of_attempt(std::int64_t attempt) const;
    /// Calls `take` with each result's values, in the inputs' order.
    void for_each_result(TakeValues const& take) const;
    /// Calls `take` with each task that has failed for good, in the inputs' order.
    void for_each_failure(TakeFailure const& take) const;
    /// Calls `take` with the seconds of some of the latest attempts that succeeded.
    void for_each_duration(std::function<void(double)> const& take) const;

  private:
    void read_results(std::string const& which, TakeValues const& take) const;

    SQLite::Database& database_;
    TableLayout const& layout_;
};

}  // namespace rankpool::batch
