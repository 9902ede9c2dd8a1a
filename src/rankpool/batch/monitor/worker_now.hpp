// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rankpool::batch {

/// What a worker is doing now.
struct WorkerNow {
    enum class Activity {
        waiting,  ///< for a task, or between two that are short
        task,
        sending,  ///< a large result, at the pace of the main worker
    };

    int rank = 0;
    int pid = 0;
    std::string host;
    Activity activity = Activity::waiting;
    std::int64_t task = 0;  ///< unless it is waiting: the input's position
    std::string input;      ///< that input in short
    double since = 0;       ///< when the task began, in seconds since 1970
    Clock::time_point begun{};
};

}  // namespace rankpool::batch
