// SPDX-License-Identifier: MIT
#include "rankpool/schedule/call_ledger.hpp"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace rankpool::schedule {

CallLedger::CallLedger(CallId id, CallPolicy policy)
    : id_{id}, chunksize_{std::max<std::uint64_t>(policy.chunksize, 1)}, is_fixed_{policy.is_fixed} {}

std::uint64_t CallLedger::finished_below() const {
    return unfinished_.empty() ? added_ : unfinished_.front().first;
}

Range CallLedger::append(std::uint64_t count, std::uint64_t bytes) {
    Range const tasks{added_, count};
    added_ += count;
    unfinished_.add(tasks);
    parcels_.push_back({tasks, bytes});
    return tasks;
}

void CallLedger::add(std::uint64_t count, std::uint64_t bytes) {
    if (count == 0) return;
    Range const tasks = append(count, bytes);
    line_.add(tasks);
    if (cancelled_) cancel();
}

CallLedger::Portion CallLedger::place(std::uint64_t count) {
    assert(count > 0);
    return {append(count, 0), chunksize_, 0};
}

void CallLedger::cancel() {
    cancelled_ = true;
    for (Range const tasks : line_.cut(Ranges::everything)) finish(tasks);
}

CallLedger::Parcel const& CallLedger::parcel_of(std::uint64_t task) const {
    auto const begins_after = [](std::uint64_t number, Parcel const& parcel) {
        return number < parcel.tasks.first;
    };
    auto const next = std::upper_bound(parcels_.begin(), parcels_.end(), task, begins_after);
    assert(next != parcels_.begin());
    return *std::prev(next);
}

Outlook CallLedger::outlook(std::size_t members) const {
    Parcel const& parcel = parcel_of(line_.front().first);
    return {.at_hand = at_hand(),
            .members = members,
            .chunksize = chunksize_,
            .task_bytes = static_cast<double>(parcel.bytes) / static_cast<double>(parcel.tasks.count),
            .measured = pace_.sample()};
}

CallLedger::Portion CallLedger::take(std::uint64_t chunks) {
    Range const front = line_.front();
    Range const parcel = parcel_of(front.first).tasks;
    std::uint64_t const most = is_fixed_ ? front.count : Scheduler::most_tasks;
    std::uint64_t const into_chunk = (front.first - parcel.first) % chunksize_;
    std::uint64_t count =
        std::min({front.count, parcel.end() - front.first, chunks * chunksize_ - into_chunk, most});
    if (auto const suspect = crashes_.lower_bound(front.first); suspect != crashes_.end()) {
        std::uint64_t const before = suspect->first - front.first;
        count = before == 0 ? 1 : std::min(count, before);
    }
    Range const tasks{front.first, count};
    line_.cut(tasks);
    return {tasks, chunksize_, into_chunk};
}

void CallLedger::give_back(Range tasks) {
    if (cancelled_) {
        finish(tasks);
    } else {
        line_.add(tasks);
    }
}

void CallLedger::finish(Range tasks) {
    unfinished_.cut(tasks);
    crashes_.erase(crashes_.lower_bound(tasks.first), crashes_.lower_bound(tasks.end()));
    while (!parcels_.empty() && parcels_.front().tasks.end() <= finished_below()) parcels_.pop_front();
}

}  // namespace rankpool::schedule
