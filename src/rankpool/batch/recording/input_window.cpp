// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/input_window.hpp"

#include <algorithm>

namespace rankpool::batch {
namespace {

/// So much work may be on its way to each worker.
constexpr double seconds_ahead = 0.25;
/// Tasks that take longer are handed out one by one.
constexpr double long_task = 1.0;
constexpr double most_ahead = 10'000;
/// One more may be on its way for so many that have ended.
constexpr double tasks_per_ahead = 8;
constexpr double most_bytes_ahead = 64e6;

}  // namespace

std::uint64_t InputWindow::size(Tally const& tally, bool is_end_near) const {
    double const mean = tally.recent_mean;
    if (tally.attempts == 0 || mean >= long_task || is_end_near) return workers_;
    double const by_time = static_cast<double>(workers_) * seconds_ahead / std::max(mean, 1e-9);
    // The first tasks may be the quickest.
    double const by_evidence = static_cast<double>(tally.attempts) / tasks_per_ahead;
    double const result_size = result_bytes_ / static_cast<double>(tally.attempts);
    double const by_size = most_bytes_ahead / std::max(result_size, 1.0);
    auto const wanted = static_cast<std::uint64_t>(std::min({by_time, by_evidence, by_size, most_ahead}));
    return std::max(wanted, 2 * workers_);
}

}  // namespace rankpool::batch
