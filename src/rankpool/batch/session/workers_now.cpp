// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/workers_now.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/text/quantity.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>
#include <utility>

namespace rankpool::batch {
namespace {

constexpr std::size_t most_workers_told = 1000;
constexpr std::size_t longest_text = 100;
/// Inputs may be large: writing them down short must not cost more than this each time.
constexpr std::chrono::milliseconds most_for_texts{1};

}  // namespace

void WorkersNow::note(FlightOf const& flight_of) {
    forget_ended();
    std::vector<Seen> seen;
    for (auto const& presence : pool_.status().present()) {
        bool const is_busy = presence.what.activity != link::Activity::nothing;
        seen.push_back({presence, is_busy ? flight_of(presence.what) : nullptr});
    }
    Tally& tally = run_.tally();
    tally.now_left_out = seen.size() - std::min(seen.size(), most_workers_told);
    keep_worst_first(seen);
    tally.now.clear();
    auto const enough = Deadline::after(most_for_texts);
    for (auto const& one : seen) tally.now.push_back(worker_now(one, !enough.passed()));
}

void WorkersNow::forget_ended() {
    Tally& tally = run_.tally();
    auto const& present = pool_.status().present();
    if (!pool_.status().is_complete() || tally.workers.size() <= present.size()) return;
    std::set<std::pair<int, int>> alive;
    for (auto const& presence : present) alive.emplace(presence.rank.value, presence.what.pid);
    tally.keep_workers(alive);
}

/// Those that have been at a task for longest, then the others; as many as are told of.
void WorkersNow::keep_worst_first(std::vector<Seen>& seen) {
    auto const comes_before = [](Seen const& one, Seen const& other) {
        bool const is_at_task = one.flight != nullptr;
        if (is_at_task != (other.flight != nullptr)) return is_at_task;
        if (is_at_task && one.presence.since != other.presence.since)
            return one.presence.since < other.presence.since;
        return one.presence.what.member < other.presence.what.member;
    };
    auto const end = seen.begin() + static_cast<std::ptrdiff_t>(std::min(seen.size(), most_workers_told));
    std::partial_sort(seen.begin(), end, seen.end(), comes_before);
    seen.erase(end, seen.end());
}

WorkerNow WorkersNow::worker_now(Seen const& seen, bool with_text) {
    auto const& [presence, flight] = seen;
    WorkerNow now;
    now.rank = presence.rank.value;
    now.pid = presence.what.pid;
    now.host = pool_.host_of(presence.rank);
    if (!flight) return now;
    now.activity = presence.what.activity == link::Activity::sending ? WorkerNow::Activity::sending
                                                                     : WorkerNow::Activity::task;
    std::chrono::duration<double> const ago = Clock::now() - presence.since;
    now.since = now_seconds() - ago.count();
    now.begun = presence.since;
    now.task = flight->task;
    if (flight->text.empty() && with_text) {
        auto const& columns = run_.record().input_columns;
        values_.clear();
        tasks_.append_input(*flight, columns, values_);
        flight->text = input_text(columns, values_, longest_text);
    }
    now.input = flight->text;
    return now;
}

}  // namespace rankpool::batch
