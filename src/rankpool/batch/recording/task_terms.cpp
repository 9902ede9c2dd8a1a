// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/task_terms.hpp"

#include "rankpool/batch/text/quantity.hpp"

#include <algorithm>

namespace rankpool::batch {
namespace {

/// A task that has taken so many workers with it is given up, before `--retries`.
constexpr unsigned crash_limit = 2;
constexpr std::size_t enough_for_median = 5;
constexpr std::size_t most_for_median = 10'000;

}  // namespace

TaskTerms::TaskTerms(RunSettings const& settings, TimeSource time)
    : time_(time),
      retries_(settings.retries),
      retry_rules_{settings.retry_causes},
      retry_delay_(parse_retry_delay(settings.retry_delay).value_or(RetryDelay{})),
      timeout_(parse_duration(settings.timeout)),
      share_of_median_(parse_percent(settings.timeout)),
      memory_limit_(parse_size(settings.memory_limit)) {}

bool TaskTerms::allow_retry(Attempt const& last, unsigned failures) const {
    unsigned const loss = last.outcome == AttemptOutcome::lost ? crash_limit - 1 : 0;
    if (failures <= loss) return true;
    return failures <= retries_ + loss && retry_rules_.allow(last);
}

Clock::time_point TaskTerms::next_try(unsigned failures) const {
    return time_.now() + retry_delay_.after(failures);
}

double TaskTerms::time_limit() const {
    if (timeout_) return std::chrono::duration<double>(*timeout_).count();
    if (!share_of_median_ || seconds_.size() < enough_for_median) return 0;
    return *share_of_median_ * seconds_[seconds_.size() / 2];
}

void TaskTerms::note_duration(double seconds) {
    if (share_of_median_ && seconds_.size() < most_for_median) {
        seconds_.insert(std::ranges::upper_bound(seconds_, seconds), seconds);
    }
}

void TaskTerms::note_memory(std::int64_t bytes) {
    if (bytes > 0) largest_memory_ = std::max(largest_memory_, static_cast<std::uint64_t>(bytes));
}

}  // namespace rankpool::batch
