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
/// Where others compute, each yield costs milliseconds, and the kernel holds it against a process when it has
/// to run.
class Backoff {
  public:
    explicit Backoff(std::chrono::nanoseconds yield_for) : yield_for_(yield_for) {}

    /// Something happened.
    void renew() { waiting_ = false; }
    /// Nothing happened: gives way to others and returns true, or returns false when it is time to sleep.
    bool yield() {
        auto const now = Clock::now();
        if (!waiting_) {
            waiting_ = true;
            since_ = now;
        }
        if (now - since_ > yield_for_ || now < crowded_until_) return false;
        ::sched_yield();
        auto const after = Clock::now();
        if (after - now > long_yield) crowded_until_ = after + crowd;
        return true;
    }

    /// How long nothing has happened.
    [[nodiscard]] std::chrono::nanoseconds idle_time() const {
        return waiting_ ? Clock::now() - since_ : Clock::duration{0};
    }

  private:
    /// A yield that takes this long has let somebody compute, which goes on for a while.
    static constexpr std::chrono::microseconds long_yield{200};
    static constexpr std::chrono::milliseconds crowd{10};

    std::chrono::nanoseconds yield_for_;
    Clock::time_point since_{};
    Clock::time_point crowded_until_{};
    bool waiting_ = false;
};

}  // namespace rankpool
