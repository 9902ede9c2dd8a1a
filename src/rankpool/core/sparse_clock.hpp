// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <algorithm>

namespace rankpool {

/// Times a row of events for little: the clock is read after each one while they are slow, and after every
/// 16th while they are faster than a look at the clock is worth.
class SparseClock {
  public:
    /// `exact`: the clock is read after each event.
    explicit SparseClock(bool exact = false) : most_(exact ? 1 : 16), now_(Clock::now()) {}

    /// Counts an event; true if the clock was read, and `now` is new.
    bool tick() {
        if (++events_ < stride_) return false;
        auto const now = Clock::now();
        bool const slow = (now - now_) / events_ > std::chrono::microseconds{1};
        stride_ = slow ? 1 : std::min(stride_ * 2, most_);
        now_ = now;
        events_ = 0;
        return true;
    }
    [[nodiscard]] Clock::time_point now() const { return now_; }
    /// Starts again from now, so that what has just passed is not counted.
    void restart() {
        now_ = Clock::now();
        events_ = 0;
    }

  private:
    int most_;
    int stride_ = 1;
    int events_ = 0;
    Clock::time_point now_;
};

}  // namespace rankpool
