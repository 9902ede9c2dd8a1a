// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/schedule/scheduler.hpp"

#include "tests/simulate/machine.hpp"
#include "tests/simulate/task_times.hpp"

#include <cstdint>
#include <deque>
#include <optional>

namespace rankpool::simulate {

/// A worker's way through its batches: which tasks it has begun at a time, and when it sends results.
class Worker {
  public:
    /// `per_task` is added to each task's time. Results are sent at the end of a batch, and after the task
    /// with which the first that are not sent are `flush_after` old.
    struct Terms {
        TaskTimes const& times;
        Nanoseconds per_task{0};
        Nanoseconds flush_after{0};
    };

    /// Tasks whose results travel together.
    struct Results {
        std::uint64_t first = 0;
        std::uint64_t count = 0;
        Nanoseconds busy{0};
    };

    /// It has one more batch.
    void take(schedule::Assign const& batch, Nanoseconds now);
    /// When the next results will be sent, as things are; nothing where it has no work.
    [[nodiscard]] std::optional<Nanoseconds> next_results(Terms const& terms);
    /// They are sent now.
    Results send_results(Nanoseconds now);
    /// It goes on behind them, at `now`.
    void go_on(Nanoseconds now) { since_ = now; }

    /// The batch is cut behind what has been begun of it and one of `shares` parts of the rest; returns what
    /// comes back of it.
    schedule::Recall give_back(schedule::Recall asked, Nanoseconds now, Terms const& terms);

  private:
    [[nodiscard]] std::uint64_t begun(Nanoseconds now, Terms const& terms) const;

    std::deque<schedule::Assign> batches_;  ///< without what has been sent
    Nanoseconds since_{0};                  ///< when the first task of the first one began
    std::uint64_t planned_ = 0;             ///< tasks of the next results
    Nanoseconds busy_{0};                   ///< and how long they take
};

}  // namespace rankpool::simulate
