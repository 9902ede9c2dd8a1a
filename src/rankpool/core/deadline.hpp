// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace rankpool {

using Clock = std::chrono::steady_clock;

/// The moment at which a wait gives up; may be never.
class Deadline {
  public:
    static Deadline never() { return Deadline{std::nullopt}; }

    template <class Rep, class Period>
    static Deadline after(std::chrono::duration<Rep, Period> wait) {
        using namespace std::chrono_literals;
        // A float duration or a huge one must not overflow the clock.
        if (wait > std::chrono::hours{24 * 365 * 10}) return never();
        auto const ticks = std::chrono::ceil<Clock::duration>(wait);
        return Deadline{Clock::now() + std::max(ticks, Clock::duration{0})};
    }

    [[nodiscard]] bool passed() const { return at_ && Clock::now() >= *at_; }
    [[nodiscard]] bool is_never() const { return !at_; }

    /// Time left, 0 when passed; nothing when the deadline is never.
    [[nodiscard]] std::optional<Clock::duration> remaining() const {
        if (!at_) return std::nullopt;
        return std::max(*at_ - Clock::now(), Clock::duration{0});
    }

  private:
    explicit Deadline(std::optional<Clock::time_point> at) : at_(at) {}

    std::optional<Clock::time_point> at_;
};

}  // namespace rankpool
