// SPDX-License-Identifier: MIT
#include "rankpool/objects/priority_queue_object.hpp"

#include <algorithm>

namespace rankpool::objects {

using link::Operation;
using link::SharedOutcome;
using link::Waiting;

void PriorityQueueObject::on_whole(Address from, link::SharedRequest const& request, Bytes bytes) {
    switch (request.operation) {
        case Operation::append:
            return put(from, request, bytes);
        case Operation::wait:
            return get(from, request);
        case Operation::contains:
            return poll(from, request);
        case Operation::taken:
            return taken(from, request);
        case Operation::give_up:
            return give_up(from, request.number);
        case Operation::state: {
            bool const is_full = most_items_ != 0 && items_.size() >= most_items_;
            return answer(from, request.number, SharedOutcome::done, static_cast<std::int64_t>(items_.size()),
                          0, is_full ? link::is_full : 0);
        }
        default:
            link::refuse("a request that no priority queue knows");
    }
}

/// The key has `second` bytes; the value follows.
void PriorityQueueObject::put(Address from, link::SharedRequest const& request, Bytes const& bytes) {
    if (request.second < 0 || static_cast<std::uint64_t>(request.second) > bytes.size()) {
        link::refuse("a key that is longer than its frame");
    }
    auto const middle = bytes.begin() + request.second;
    Item item{{Bytes{bytes.begin(), middle}, arrived_++}, Bytes{middle, bytes.end()}};
    if (putters_.empty() && has_room(item)) {
        keep(std::move(item));
        answer(from, request.number, SharedOutcome::done);
        return serve();
    }
    if (request.waiting == Waiting::no) return answer(from, request.number, SharedOutcome::late);
    putters_.push_back({from, request.number, std::move(item)});
}

void PriorityQueueObject::get(Address from, link::SharedRequest const& request) {
    if (!items_.empty()) {
        give_first(from, request.number);
        return serve();
    }
    if (request.waiting == Waiting::no) return answer(from, request.number, SharedOutcome::late);
    getters_.join(from, request);
}

/// Answered when there is an item.
void PriorityQueueObject::poll(Address from, link::SharedRequest const& request) {
    if (!items_.empty()) return answer(from, request.number, SharedOutcome::done);
    if (request.waiting == Waiting::no) return answer(from, request.number, SharedOutcome::late);
    pollers_.join(from, request);
}

/// `first` is 1 where the item is not wanted any more.
void PriorityQueueObject::taken(Address from, link::SharedRequest const& request) {
    auto given = given_.extract({from, request.number});
    if (!given || request.first != 1) return;
    keep(std::move(given.mapped()));
    serve();
}

void PriorityQueueObject::give_up(Address from, std::uint64_t number) {
    auto const is_it = [&](Putter const& putter) {
        return putter.process == from && putter.number == number;
    };
    bool const waited =
        getters_.remove(from, number) || pollers_.remove(from, number) || std::erase_if(putters_, is_it) > 0;
    if (!waited) return;
    answer(from, number, SharedOutcome::late);
    // A large item that was first in line may have kept small ones out.
    serve();
}

bool PriorityQueueObject::has_room(Item const& item) const {
    if (most_items_ != 0 && items_.size() >= most_items_) return false;
    // An item larger than all that may be there has its turn when nothing else is.
    return items_.empty() || most_bytes_ == 0 || bytes_ + item.value.size() <= most_bytes_;
}

void PriorityQueueObject::keep(Item item) {
    bytes_ += item.value.size();
    items_.emplace(std::move(item.place), std::move(item.value));
}

void PriorityQueueObject::give_first(Address to, std::uint64_t number) {
    auto first = items_.extract(items_.begin());
    bytes_ -= first.mapped().size();
    Item& item = given_[{to, number}] = {std::move(first.key()), std::move(first.mapped())};
    reply(to, number, SharedOutcome::done, 0, item.value);
}

/// Whoever waits for items gets them, and whoever waits for room, until nothing moves.
void PriorityQueueObject::serve() {
    while (true) {
        if (!items_.empty() && !getters_.is_empty()) {
            WaitingRequest const next = getters_.take_first();
            give_first(next.process, next.number);
        } else if (!putters_.empty() && has_room(putters_.front().item)) {
            Putter next = std::move(putters_.front());
            putters_.pop_front();
            keep(std::move(next.item));
            answer(next.process, next.number, SharedOutcome::done);
        } else {
            break;
        }
    }
    while (!items_.empty() && !pollers_.is_empty()) {
        WaitingRequest const next = pollers_.take_first();
        answer(next.process, next.number, SharedOutcome::done);
    }
}

void PriorityQueueObject::processes_ended(Ended const& ended) {
    StoreObject::processes_ended(ended);
    (void)getters_.remove(ended);
    (void)pollers_.remove(ended);
    std::erase_if(putters_, [&](Putter const& putter) { return ended.is_gone(putter.process); });
    std::erase_if(given_, [&](auto& entry) {
        if (!ended.is_gone(entry.first.first)) return false;
        keep(std::move(entry.second));
        return true;
    });
    serve();
}

}  // namespace rankpool::objects
