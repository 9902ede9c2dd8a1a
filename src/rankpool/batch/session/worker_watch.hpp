// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/session/session_pool.hpp"
#include "rankpool/core/time_source.hpp"

namespace rankpool::batch {

/// Asks the ranks now and then what a pool's workers are activity. In the pool's owner.
class WorkerWatch {
  public:
    WorkerWatch(SessionPool& pool, TimeSource time) : pool_(pool), time_(time) {}

    /// Asks, if that is due. True when there is nothing to wait for: all ranks have answered, one has taken
    /// too long, or they have been asked a short while ago.
    bool look();

  private:
    SessionPool& pool_;
    TimeSource time_;
    Clock::time_point asked_{};
    bool is_waiting_ = false;
};

}  // namespace rankpool::batch
