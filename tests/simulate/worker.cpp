// SPDX-License-Identifier: MIT
#include "tests/simulate/worker.hpp"

#include <algorithm>

namespace rankpool::simulate {

void Worker::take(schedule::Assign const& batch, Nanoseconds now) {
    if (batches_.empty()) since_ = std::max(since_, now);
    batches_.push_back(batch);
}

std::optional<Nanoseconds> Worker::next_results(Terms const& terms) {
    if (batches_.empty()) return std::nullopt;
    schedule::Assign const& batch = batches_.front();
    planned_ = 0;
    busy_ = Nanoseconds{0};
    do {
        busy_ += terms.times[batch.first + planned_] + terms.per_task;
        ++planned_;
    } while (planned_ < batch.count && busy_ < terms.flush_after);
    return since_ + busy_;
}

Worker::Results Worker::send_results(Nanoseconds now) {
    schedule::Assign& batch = batches_.front();
    Results const results{batch.first, planned_, busy_};
    batch.first += planned_;
    batch.count -= planned_;
    if (batch.count == 0) batches_.pop_front();
    since_ = now;
    return results;
}

schedule::Recall Worker::give_back(schedule::Recall asked, Nanoseconds now, Terms const& terms) {
    auto const batch = std::find_if(batches_.begin(), batches_.end(), [&](schedule::Assign const& each) {
        return each.ticket.place == asked.ticket.place && each.ticket.number == asked.ticket.number;
    });
    std::uint64_t const end = asked.first + asked.count;
    asked.first = end;
    asked.count = 0;
    if (batch == batches_.end()) return asked;
    std::uint64_t const kept_begun = batch == batches_.begin() ? begun(now, terms) : 0;
    std::uint64_t const kept = kept_begun + (batch->count - kept_begun) / asked.shares;
    asked.first = batch->first + kept;
    asked.count = end - asked.first;
    batch->count = kept;
    if (kept == 0) batches_.erase(batch);
    return asked;
}

std::uint64_t Worker::begun(Nanoseconds now, Terms const& terms) const {
    schedule::Assign const& batch = batches_.front();
    Nanoseconds begins = since_;
    std::uint64_t count = 0;
    for (; count < batch.count && begins <= now; ++count) {
        begins += terms.times[batch.first + count] + terms.per_task;
    }
    return count;
}

}  // namespace rankpool::simulate
