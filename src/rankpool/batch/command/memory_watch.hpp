// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <sys/types.h>

#include <cstdint>
#include <set>

namespace rankpool::batch {

/// Looks at the memory of all that this process has started, itself left out: what they share counts once,
/// and what they have mapped from files does not. Looks at short intervals, which grow where a look is slow.
class MemoryWatch {
  public:
    /// What the children in `others` have is not counted. A limit of 0 is none.
    MemoryWatch(std::uint64_t limit, std::set<pid_t> others) : limit_(limit), others_(std::move(others)) {}

    void set_limit(std::uint64_t limit) { limit_ = limit; }
    /// How long until the next look.
    [[nodiscard]] Clock::duration time_left() const;
    /// Looks if it is time; true when the limit is exceeded.
    bool look();
    /// The most that has been seen.
    [[nodiscard]] std::uint64_t peak() const { return peak_; }

  private:
    [[nodiscard]] std::uint64_t measure() const;

    std::uint64_t limit_;
    std::set<pid_t> others_;
    Clock::duration interval_ = std::chrono::milliseconds{10};
    Clock::time_point next_ = Clock::now() + interval_;
    std::uint64_t peak_ = 0;
};

}  // namespace rankpool::batch
