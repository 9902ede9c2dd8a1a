// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/retry_rules.hpp"
#include "rankpool/batch/job/run_settings.hpp"
#include "rankpool/batch/store/attempt.hpp"
#include "rankpool/core/time_source.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace rankpool::batch {

/// What a task is given: tries, time, and what is known of the memory that tasks need.
class TaskTerms {
  public:
    TaskTerms(RunSettings const& settings, TimeSource time);

    /// What the pool sees to, unless the job does: how long a task may take, and bytes that it may have.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> timeout() const { return timeout_; }
    [[nodiscard]] std::optional<std::uint64_t> memory_limit() const { return memory_limit_; }

    /// True if a task that has failed so often in this session may be tried again.
    [[nodiscard]] bool allow_retry(Attempt const& last, unsigned failures) const;
    /// When it is, after so many failures.
    [[nodiscard]] Clock::time_point next_try(unsigned failures) const;

    /// How long a task may take, in seconds, as far as is known now, where it sees to that itself; 0: no
    /// limit.
    [[nodiscard]] double time_limit() const;
    /// A task has succeeded that took so long.
    void note_duration(double seconds);

    /// Bytes that the largest task had so far, in this run and the last one like it.
    [[nodiscard]] std::uint64_t largest_memory() const { return largest_memory_; }
    void note_memory(std::int64_t bytes);

  private:
    TimeSource time_;
    unsigned retries_;
    RetryRules retry_rules_;
    RetryDelay retry_delay_;
    std::optional<std::chrono::nanoseconds> timeout_;
    std::optional<double> share_of_median_;  ///< as timeout
    std::optional<std::uint64_t> memory_limit_;
    std::vector<double> seconds_;  ///< of successful tasks, in order, for a limit by their median
    std::uint64_t largest_memory_ = 0;
};

}  // namespace rankpool::batch
