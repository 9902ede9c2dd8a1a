// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/monitor/tally.hpp"
#include "rankpool/batch/recording/recorded_run.hpp"
#include "rankpool/batch/session/session_pool.hpp"
#include "rankpool/batch/session/typed_tasks.hpp"

#include <functional>
#include <vector>

namespace rankpool::batch {

/// What the workers are doing, as the status shows it.
class WorkersNow {
  public:
    /// The task that a worker is at; none also where its result has come since.
    using FlightOf = std::function<Flight*(link::MemberActivity const&)>;

    /// All of these must outlive it.
    WorkersNow(TypedTasks const& tasks, RecordedRun& run, SessionPool const& pool)
        : tasks_(tasks), run_(run), pool_(pool) {}

    /// Tells the run what the workers that have answered are activity.
    void note(FlightOf const& flight_of);

  private:
    struct Seen {
        pool::Presence presence;
        Flight* flight;
    };

    void forget_ended();
    static void keep_worst_first(std::vector<Seen>& seen);
    WorkerNow worker_now(Seen const& seen, bool with_text);

    TypedTasks const& tasks_;
    RecordedRun& run_;
    SessionPool const& pool_;
    std::vector<Value> values_;
};

}  // namespace rankpool::batch
