// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/task_terms.hpp"

#include "rankpool/batch/job/retry_rules.hpp"
#include "rankpool/batch/text/quantity.hpp"

#include <algorithm>
#include <chrono>

namespace rankpool::batch {
namespace {

/// A task that has taken so many workers with it is given up, before `--retries`.
constexpr unsigned crash_limit = 2;
constexpr std::size_t enough_for_median = 5;
constexpr std::size_t most_for_median = 10'000;

}  // namespace

PoolOptions TaskTerms::pool_options() const {
    PoolOptions options;
    if (auto const timeout = parse_duration(settings_.timeout)) options.timeout = *timeout;
    if (auto const limit = parse_size(settings_.memory_limit)) options.memory_limit = *limit;
    options.crash_limit = 1;  // what is tried again is decided here, and recorded
    return options;
}

bool TaskTerms::allow_retry(Attempt const& last, unsigned failures) const {
    unsigned const loss = last.outcome == Outcome::lost ? crash_limit - 1 : 0;
    if (failures <= loss) return true;
    return failures <= settings_.retries + loss && RetryRules{settings_.retry_causes}.allow(last);
}

Clock::time_point TaskTerms::next_try(unsigned failures) const {
    auto const delay = parse_retry_delay(settings_.retry_delay).value_or(RetryDelay{});
    return Clock::now() + delay.after(failures);
}

double TaskTerms::time_limit() const {
    if (auto const fixed = parse_duration(settings_.timeout)) {
        return std::chrono::duration<double>(*fixed).count();
    }
    auto const share = parse_percent(settings_.timeout);
    if (!share || seconds_.size() < enough_for_median) return 0;
    return *share * seconds_[seconds_.size() / 2];
}

void TaskTerms::note_duration(double seconds) {
    if (settings_.timeout.ends_with('%') && seconds_.size() < most_for_median) {
        seconds_.insert(std::ranges::upper_bound(seconds_, seconds), seconds);
    }
}

void TaskTerms::note_memory(std::int64_t bytes) {
    if (bytes > 0) largest_memory_ = std::max(largest_memory_, static_cast<std::uint64_t>(bytes));
}

}  // namespace rankpool::batch
