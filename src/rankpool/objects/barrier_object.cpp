// SPDX-License-Identifier: MIT
#include "rankpool/objects/barrier_object.hpp"

#include <utility>

namespace rankpool::objects {

using link::Operation;
using link::SharedOutcome;

void BarrierObject::on_request(Address from, link::SharedRequest const& request,
                               std::span<std::byte const> /*tail*/) {
    std::uint64_t const number = request.number;
    switch (request.operation) {
        case Operation::arrive:
            return arrive(from, request);
        case Operation::action_done:
            if (is_actor(from, number)) let_go();
            return;
        case Operation::action_failed:
            if (is_actor(from, number)) break_for_all(nullptr, parties_);
            return;
        case Operation::abort:
            break_for_all(nullptr, round_.size());
            return answer(from, number, SharedOutcome::done);
        case Operation::reset:
            break_for_all(nullptr, round_.size());
            is_broken_ = false;
            return answer(from, number, SharedOutcome::done);
        case Operation::state:
            return answer(from, number, SharedOutcome::done, static_cast<std::int64_t>(parties_),
                          static_cast<std::int64_t>(round_.size() + (actor_ ? 1 : 0)), is_broken_ ? 1 : 0);
        case Operation::give_up:
            return give_up(from, number);
        default:
            link::refuse("a request that no barrier knows");
    }
}

bool BarrierObject::is_actor(Address process, std::uint64_t number) const {
    return actor_ && actor_->process == process && actor_->number == number;
}

void BarrierObject::arrive(Address from, link::SharedRequest const& request) {
    if (is_broken_ || breaks_next_)
        return tell_broken({from, request.number, request.waiting, 0, request.name}, nullptr, 0);
    if (actor_) return next_.join(from, request);
    round_.join(from, request);
    fill();
}

/// Begins the end of the round when all are there.
void BarrierObject::fill() {
    if (round_.size() < parties_) return;
    if (!has_action_) return let_go();
    WaitingRequest const last = round_.all().back();
    round_.remove(last.process, last.number);
    actor_ = last;
    answer(last.process, last.number, SharedOutcome::act);
}

void BarrierObject::let_go() {
    std::int64_t place = 0;
    while (!round_.is_empty()) {
        WaitingRequest const next = round_.take_first();
        answer(next.process, next.number, SharedOutcome::done, place++);
    }
    if (auto const actor = std::exchange(actor_, std::nullopt)) {
        answer(actor->process, actor->number, SharedOutcome::done, place);
    }
    is_broken_ = std::exchange(breaks_next_, false);
    // Those of the next round, and of the one after it, as they came.
    RequestQueue early;
    std::swap(early, next_);
    while (!early.is_empty()) {
        WaitingRequest const next = early.take_first();
        link::SharedRequest request;
        request.number = next.number;
        request.waiting = next.waiting;
        request.name = next.name;
        arrive(next.process, request);
    }
}

void BarrierObject::give_up(Address from, std::uint64_t number) {
    // While the action is run, all have come in time.
    if (actor_ && round_.find(from, number)) return;
    if (actor_ && next_.find(from, number)) return break_next(nullptr);
    if (!round_.find(from, number) && !next_.find(from, number)) return;
    break_for_all(nullptr, round_.size());
}

/// The round that is complete ends as it would.
void BarrierObject::break_next(WaitingRequest const* culprit) {
    breaks_next_ = true;
    std::size_t const came = next_.size();
    while (!next_.is_empty()) tell_broken(next_.take_first(), culprit, came);
}

void BarrierObject::break_for_all(WaitingRequest const* culprit, std::size_t came) {
    is_broken_ = true;
    breaks_next_ = false;
    if (auto const actor = std::exchange(actor_, std::nullopt)) tell_broken(*actor, culprit, came);
    for (RequestQueue* const queue : {&round_, &next_}) {
        while (!queue->is_empty()) tell_broken(queue->take_first(), culprit, came);
    }
}

void BarrierObject::tell_broken(WaitingRequest const& to, WaitingRequest const* culprit,
                                std::size_t came) const {
    link::SharedAnswer said{.number = to.number, .outcome = SharedOutcome::broken};
    said.first = static_cast<std::int64_t>(came);
    said.second = static_cast<std::int64_t>(parties_);
    if (culprit) {
        said.flags = 1;
        said.rank = culprit->process.rank;
        said.name = culprit->name;
    }
    replies().answer(to.process, said, {});
}

void BarrierObject::processes_ended(Ended const& ended) {
    std::size_t const came = round_.size() + (actor_ ? 1 : 0);
    std::optional<WaitingRequest> culprit = round_.remove(ended);
    auto const early = next_.remove(ended);
    if (actor_ && ended.is_gone(actor_->process)) culprit = std::exchange(actor_, std::nullopt);
    if (early && !culprit && actor_) return break_next(&*early);
    if (early && !culprit) culprit = early;
    if (culprit) break_for_all(&*culprit, came);
}

}  // namespace rankpool::objects
