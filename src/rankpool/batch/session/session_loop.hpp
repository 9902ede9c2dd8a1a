// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/session/session_call.hpp"
#include "rankpool/batch/session/worker_watch.hpp"
#include "rankpool/batch/session/workers_now.hpp"

#include <memory>

namespace rankpool::batch {

/// Has a pool do the tasks of a recorded job, and records what becomes of them, until the inputs or the run
/// end. It knows neither the job's types nor MPI. In the main worker; one thread.
class SessionLoop {
  public:
    /// All of these must outlive it.
    SessionLoop(TypedTasks& tasks, InputSource& source, RecordedRun& run, SessionPool& pool);

    /// Throws what the inputs have thrown, and what has broken the pool, when all else is recorded.
    void run();

  private:
    void begin();
    void take_news();
    void direct();
    void gather();
    void end();
    bool look_at_workers();
    void note_workers();

    TypedTasks& tasks_;
    RecordedRun& run_;
    SessionPool& pool_;
    std::shared_ptr<SessionCall> call_;
    WorkerWatch watch_;
    WorkersNow workers_;
    Clock::time_point last_news_{};
};

}  // namespace rankpool::batch
