// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <poll.h>
#include <sched.h>
#include <signal.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <span>

namespace rankpool {

/// Sleeps until one of `fds` is ready, a signal comes (let through by `mask` if given), or `max_ns` have
/// passed (negative: no bound).
inline void pause(std::span<pollfd> fds, std::int64_t max_ns, sigset_t const* mask = nullptr) {
    timespec const bound{static_cast<time_t>(max_ns / 1'000'000'000),
                         static_cast<long>(max_ns % 1'000'000'000)};
    (void)::ppoll(fds.data(), fds.size(), max_ns < 0 ? nullptr : &bound, mask);
}

/// Decides between yielding and sleeping for a loop that waits. A wake-up from sleep costs tens of
/// microseconds, a yield one or two; but a process that yields for long takes time from those that compute.
class Patience {
  public:
    explicit Patience(std::chrono::nanoseconds yield_for) : yield_for_(yield_for) {}

    /// Something happened.
    void renew() { waiting_ = false; }
    /// Nothing happened: gives way to others and returns true, or returns false when it is time to sleep.
    bool yield() {
        auto const now = Clock::now();
        if (!waiting_) {
            waiting_ = true;
            since_ = now;
        }
        if (now - since_ > yield_for_) return false;
        ::sched_yield();
        return true;
    }

  private:
    std::chrono::nanoseconds yield_for_;
    Clock::time_point since_{};
    bool waiting_ = false;
};

}  // namespace rankpool
