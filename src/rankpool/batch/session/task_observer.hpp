// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/attempt.hpp"
#include "rankpool/batch/store/claim.hpp"

#include <cstdint>

namespace rankpool::batch {

/// Is told what becomes of a recorded job's tasks, for a job that shows it while the run goes on: its member
/// `observer(Store&)` makes one. In the main worker. Tasks are numbered in the order of their inputs.
template <class Input, class Result>
class TaskObserver {
  public:
    virtual ~TaskObserver() = default;
    /// The task will be done. `key`: by which its input is known again.
    virtual void taken(std::int64_t task, InputKey const& key) = 0;
    /// The task is not done now: it has a result from before, or has failed and is not tried again.
    virtual void passed_over(std::int64_t task, InputKey const& key, Input const& input, bool has_result) = 0;
    virtual void succeeded(Attempt const& attempt, Input const& input, Result const& result) = 0;
    /// For good.
    virtual void failed(Attempt const& attempt, Input const& input) = 0;
    /// Called often.
    virtual void tick() = 0;
    /// No more tasks come to their end.
    virtual void end() = 0;
};

}  // namespace rankpool::batch
