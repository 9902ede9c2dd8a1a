// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"
#include "rankpool/batch/store/attempt.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rankpool::batch {

/// Why tasks of a session have failed for good: each reason once, for the last lines of a run.
class FailureReasons {
  public:
    /// The last attempt of a task; its input's columns and their values.
    void note(Attempt const& attempt, std::vector<Column> const& columns, std::span<Value const> input);
    /// Tells the first of them, and which command tells all.
    void report(std::string const& program, std::string const& run) const;

  private:
    struct Reason {
        std::string error;
        std::string first;  ///< the task
        std::uint64_t count = 0;
    };
    std::vector<Reason> reasons_;       ///< in the order in which they were first seen
    std::uint64_t other_failures_ = 0;  ///< for more reasons than are told apart
};

}  // namespace rankpool::batch
