// SPDX-License-Identifier: MIT
#include "rankpool/batch/monitor/tally.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/text/quantity.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace rankpool::batch {
namespace {

constexpr std::uint64_t recent_tasks = 64;
constexpr std::size_t times_kept = 10;
constexpr std::size_t messages_kept = 50;
/// They are written once a second.
constexpr std::size_t longest_message = 1000;

}  // namespace

void Tally::count(Attempt const& attempt) {
    ++attempts;
    busy += attempt.seconds;
    busy_squared += attempt.seconds * attempt.seconds;
    recent_mean += (attempt.seconds - recent_mean) / static_cast<double>(std::min(attempts, recent_tasks));
    WorkerTrace& worker = workers[{attempt.rank, attempt.pid}];
    worker.host = attempt.host;
    ++worker.tasks;
    worker.busy += attempt.seconds;
    worker.last_seen = std::max(worker.last_seen, attempt.started + attempt.seconds);
    count_time({attempt.task, attempt.seconds});
    if (attempt.outcome != AttemptOutcome::ok) count_failure(attempt.error);
}

void Tally::keep_workers(std::set<std::pair<int, int>> const& alive) {
    // One that was born since the ranks were asked may have had its first results.
    constexpr double recent = 10;
    double const before = now_seconds() - recent;
    std::erase_if(workers, [&](auto const& worker) {
        return !alive.contains(worker.first) && worker.second.last_seen < before;
    });
}

void Tally::count_time(TaskTime time) {
    if (slowest.size() == times_kept && time.seconds <= slowest.back().seconds) return;
    auto const place = std::ranges::upper_bound(slowest, time.seconds, std::greater{}, &TaskTime::seconds);
    slowest.insert(place, time);
    if (slowest.size() > times_kept) slowest.pop_back();
}

void Tally::count_failure(std::string const& error) {
    auto const message = shortened(error, longest_message);
    bool const is_known = failures.contains(message);
    ++failures[is_known || failures.size() < messages_kept ? message : "(other messages)"];
}

double Tally::mean() const {
    return attempts == 0 ? 0 : busy / static_cast<double>(attempts);
}

double Tally::deviation() const {
    if (attempts < 2) return 0;
    auto const n = static_cast<double>(attempts);
    return std::sqrt(std::max(0.0, (busy_squared - busy * busy / n) / (n - 1)));
}

ProgressState Tally::progress(std::uint64_t workers_of_pool) const {
    ProgressState state{.done = done(), .total = total};
    state.before = ok_before + failed_before + lost_before;
    state.failed = all_failed() + all_lost();
    state.running = std::min(in_flight, workers_of_pool);
    if (total && *total > state.done && attempts > 1) {
        auto const left = static_cast<double>(*total - state.done);
        // The sum of `left` times varies by itself, and their mean is known from the tasks so far only.
        double const sums = std::sqrt(left + left * left / static_cast<double>(attempts));
        state.spread =
            std::chrono::duration<double>{deviation() * sums / static_cast<double>(workers_of_pool)};
    }
    return state;
}

}  // namespace rankpool::batch
