// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/time_source.hpp"

namespace rankpool::support {

/// A time that passes when a test says so. It must outlive all that is given it as their TimeSource.
class MovedTime {
  public:
    MovedTime() = default;
    MovedTime(MovedTime const&) = delete;
    MovedTime& operator=(MovedTime const&) = delete;

    // Taken as what it is: NOLINTNEXTLINE(google-explicit-constructor)
    operator TimeSource() const { return TimeSource{&now_}; }
    [[nodiscard]] Clock::time_point now() const { return now_; }
    void pass(Clock::duration duration) { now_ += duration; }

  private:
    /// As of a machine that has been up for a while.
    Clock::time_point now_{std::chrono::hours{1000}};
};

}  // namespace rankpool::support
