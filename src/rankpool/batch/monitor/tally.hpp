// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/monitor/held_now.hpp"
#include "rankpool/batch/monitor/worker_now.hpp"
#include "rankpool/batch/store/attempt.hpp"
#include "rankpool/core/progress.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// A worker process as its results show it.
struct WorkerTrace {
    std::string host;
    std::uint64_t tasks = 0;
    double busy = 0;       ///< seconds
    double last_seen = 0;  ///< end of its last task, in seconds since 1970
};

/// A task with its duration.
struct TaskTime {
    std::int64_t task = 0;
    double seconds = 0;
};

/// What a run counts while it goes on.
struct Tally {
    std::optional<std::uint64_t> total;
    std::uint64_t inputs = 0;         ///< that have been read
    std::uint64_t ok_before = 0;      ///< in earlier sessions
    std::uint64_t failed_before = 0;  ///< and not to be tried again; lost ones are counted as such
    std::uint64_t lost_before = 0;
    std::uint64_t ok = 0;
    std::uint64_t failed = 0;
    std::uint64_t lost = 0;
    std::uint64_t retried = 0;
    std::uint64_t in_flight = 0;
    std::uint64_t attempts = 0;
    double busy = 0;          ///< seconds that tasks took
    double measured = 0;      ///< the part of it that workers have measured
    double worked = 0;        ///< that, with what they took for arguments and results
    double busy_squared = 0;  ///< sum of their squares
    double recent_mean = 0;   ///< seconds that a task took of late
    std::map<std::pair<int, int>, WorkerTrace> workers;  ///< by rank and process id
    std::map<std::string, std::uint64_t> failures;       ///< by message, as many as are told apart
    std::vector<TaskTime> slowest;                       ///< longest first
    std::vector<WorkerNow> now;                          ///< what the workers do, the longest task first
    std::size_t now_left_out = 0;                        ///< workers that are not in that list
    std::vector<HeldNow> held;                           ///< locks and the like, made by the main worker

    void count(Attempt const& attempt);
    /// Lets go of the traces of workers, by rank and process id, that live no more.
    void keep_workers(std::set<std::pair<int, int>> const& alive);

    [[nodiscard]] std::uint64_t all_ok() const { return ok + ok_before; }
    [[nodiscard]] std::uint64_t all_failed() const { return failed + failed_before; }
    [[nodiscard]] std::uint64_t all_lost() const { return lost + lost_before; }
    [[nodiscard]] std::uint64_t done() const { return all_ok() + all_failed() + all_lost(); }
    [[nodiscard]] double mean() const;
    /// Standard deviation of the tasks' times.
    [[nodiscard]] double deviation() const;
    [[nodiscard]] ProgressState progress(std::uint64_t workers_of_pool) const;

  private:
    void count_failure(std::string const& error);
    void count_time(TaskTime time);
};

}  // namespace rankpool::batch
