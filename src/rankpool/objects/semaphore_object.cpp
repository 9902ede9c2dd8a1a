// SPDX-License-Identifier: MIT
#include "rankpool/objects/semaphore_object.hpp"

#include <algorithm>

namespace rankpool::objects {

using link::Operation;
using link::SharedOutcome;

SemaphoreObject::SemaphoreObject(Outbox& outbox, link::ChannelId id, Kind kind, std::int64_t units)
    : Object(outbox, id), units_(units), bound_(kind == Kind::bounded ? units : most_units) {}

void SemaphoreObject::on_request(Address from, link::SharedRequest const& request,
                                 std::span<std::byte const> /*tail*/) {
    switch (request.operation) {
        case Operation::acquire_unit:
            return acquire(from, request);
        case Operation::release_units:
            return release(from, request);
        case Operation::state:
            return answer(from, request.number, SharedOutcome::done, units_);
        case Operation::give_up:
            if (waiting_.remove(from, request.number)) answer(from, request.number, SharedOutcome::late);
            return;
        default:
            link::refuse("a request that no semaphore knows");
    }
}

void SemaphoreObject::acquire(Address from, link::SharedRequest const& request) {
    if (units_ > 0) return grant(from, request.number);
    if (request.waiting == link::Waiting::no) return answer(from, request.number, SharedOutcome::late);
    waiting_.join(from, request);
}

void SemaphoreObject::grant(Address to, std::uint64_t number) {
    --units_;
    ++held_[to];
    answer(to, number, SharedOutcome::done);
}

void SemaphoreObject::grant_all() {
    while (units_ > 0 && !waiting_.is_empty()) {
        Waiter const next = waiting_.take_first();
        grant(next.process, next.number);
    }
}

void SemaphoreObject::release(Address from, link::SharedRequest const& request) {
    std::int64_t const count = request.first;
    if (count < 1) link::refuse("units that are none");
    if (count > bound_ - units_) return answer(from, request.number, SharedOutcome::refused);
    units_ += count;
    if (auto const held = held_.find(from); held != held_.end()) {
        held->second -= std::min(held->second, count);
        if (held->second == 0) held_.erase(held);
    }
    answer(from, request.number, SharedOutcome::done);
    grant_all();
}

void SemaphoreObject::processes_ended(Ended const& ended) {
    (void)waiting_.remove(ended);
    std::erase_if(held_, [&](auto const& entry) {
        if (!ended.is_gone(entry.first)) return false;
        // Another may have released them for it.
        if (ended.has_failed) units_ += std::min(entry.second, bound_ - units_);
        return true;
    });
    grant_all();
}

}  // namespace rankpool::objects
