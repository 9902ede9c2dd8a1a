// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/attempt.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// Whether a failure is of a kind that is worth another try.
class RetryRules {
  public:
    /// Of `exit=3,75`, `exit`, `signal=9`, `signal`, `timeout`, `oom`, `lost`, `all`, any of which must hold.
    /// None: all but a command that cannot be started and one that left with 2, wrong use.
    explicit RetryRules(std::vector<std::string> const& causes) : causes_(causes) {}

    [[nodiscard]] bool allow(Attempt const& attempt) const;
    /// What is wrong with the text of a cause, or nothing.
    static std::string problem_of(std::string const& cause);

  private:
    std::vector<std::string> causes_;
};

/// How long to wait before the next try, which may grow each time.
struct RetryDelay {
    std::chrono::nanoseconds first{0};
    double factor = 1;

    /// After so many failures, one at least; a day at most.
    [[nodiscard]] std::chrono::nanoseconds after(unsigned failures) const;
};

/// `10s` or `10s*2`. Nothing where the text is neither.
std::optional<RetryDelay> parse_retry_delay(std::string const& text);

/// When a run ends before all is done.
struct Halt {
    bool at_once = false;  ///< what runs is ended as well
    bool by_success = false;
    double count = 0;  ///< of failures, or successes
    bool is_percent = false;
};

/// `now,fail=1`, `soon,fail=10%`, `now,success=1`. Nothing where the text is none.
std::optional<Halt> parse_halt(std::string const& text);

}  // namespace rankpool::batch
