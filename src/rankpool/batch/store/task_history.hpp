// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/attempt.hpp"
#include "rankpool/batch/store/run_record.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// What a run's database tells of one task.
struct TaskHistory {
    struct Try {
        Attempt attempt;
        std::size_t session = 0;  ///< the place in `sessions`
    };

    RunRecord record;
    std::vector<Session> sessions;
    std::vector<Value> input;  ///< of all columns; none where the task has come to no end
    bool has_result = false;
    bool has_failed = false;  ///< for good, in the session that was the last to try it
    std::vector<Try> tries;   ///< in the order in which they came
};

/// Throws InputError where the run has no such task.
TaskHistory read_task_history(SQLite::Database& database, std::int64_t task);

}  // namespace rankpool::batch
