// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/recording/recorded_run.hpp"
#include "rankpool/batch/session/typed_tasks.hpp"
#include "rankpool/pool/call.hpp"

#include <exception>
#include <string>
#include <vector>

namespace rankpool::batch {

/// What the pool has given back for a task: its result is with the flight.
struct Arrival {
    pool::TaskReport report;
    Measurement measurement;
    std::exception_ptr error;  ///< instead of the measurement and a result
};

/// Makes an attempt of each arrival, has it recorded, and tells the job.
class AttemptRecorder {
  public:
    /// Both must outlive it.
    AttemptRecorder(TypedTasks& tasks, RecordedRun& run) : tasks_(tasks), run_(run) {}

    /// True if the task is to be tried again, at `flight.next_try`. Throws StoreError.
    bool record(Flight& flight, Arrival const& arrival, std::string host);

  private:
    bool record_result(Flight const& flight, Attempt& attempt);
    bool record_failure(Flight& flight, Attempt const& attempt, bool begun);

    TypedTasks& tasks_;
    RecordedRun& run_;
    std::vector<Value> values_;  ///< of the input's columns, then the result's
};

}  // namespace rankpool::batch
