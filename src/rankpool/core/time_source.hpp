// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

namespace rankpool {

/// What time it is, for what decides by it: that of the steady clock, or one that a test moves. As cheap as
/// the clock, and copied freely.
class TimeSource {
  public:
    /// The steady clock.
    TimeSource() = default;
    /// It is as late as `moved` says, which must outlive all copies.
    explicit TimeSource(Clock::time_point const* moved) : moved_(moved) {}

    [[nodiscard]] Clock::time_point now() const { return moved_ ? *moved_ : Clock::now(); }

  private:
    Clock::time_point const* moved_ = nullptr;
};

}  // namespace rankpool
