// SPDX-License-Identifier: MIT
#include "rankpool/objects/semaphore_object.hpp"

#include <algorithm>

namespace rankpool::objects {

using link::Operation;
using link::SharedOutcome;

SemaphoreObject::SemaphoreObject(Replies& replies, link::ChannelId id, Kind kind, std::int64_t units)
    : Object(replies, id), kind_(kind), units_(units), bound_(kind == Kind::bounded ? units : most_units) {}

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
    if (units_ > 0) return grant(from, request.number, request.name);
    if (request.waiting == link::Waiting::no) return answer(from, request.number, SharedOutcome::late);
    waiting_.join(from, request);
}

void SemaphoreObject::grant(Address to, std::uint64_t number, link::ProcessName const& name) {
    --units_;
    auto& held = held_[to];
    ++held.units;
    held.name = name;
    answer(to, number, SharedOutcome::done);
}

void SemaphoreObject::grant_all() {
    while (units_ > 0 && !waiting_.is_empty()) {
        WaitingRequest const next = waiting_.take_first();
        grant(next.process, next.number, next.name);
    }
}

void SemaphoreObject::release(Address from, link::SharedRequest const& request) {
    std::int64_t const count = request.first;
    if (count < 1) link::refuse("units that are none");
    if (count > bound_ - units_) return answer(from, request.number, SharedOutcome::refused);
    units_ += count;
    if (auto const held = held_.find(from); held != held_.end()) {
        held->second.units -= std::min(held->second.units, count);
        if (held->second.units == 0) held_.erase(held);
    }
    answer(from, request.number, SharedOutcome::done);
    grant_all();
}

void SemaphoreObject::processes_ended(Ended const& ended) {
    (void)waiting_.remove(ended);
    std::erase_if(held_, [&](auto const& entry) {
        if (!ended.is_gone(entry.first)) return false;
        // Another may have released them for it.
        if (ended.has_failed) units_ += std::min(entry.second.units, bound_ - units_);
        return true;
    });
    grant_all();
}

void SemaphoreObject::note_holdings(std::vector<link::HoldingNote>& notes) const {
    auto const kind =
        kind_ == Kind::bounded ? link::ObjectKind::bounded_semaphore : link::ObjectKind::semaphore;
    for (auto const& [process, held] : held_) {
        notes.push_back({.object = id(),
                         .kind = kind,
                         .process = process,
                         .amount = held.units,
                         .milliseconds = milliseconds_since(held.since),
                         .name = held.name});
    }
    waiting_.note(id(), kind, notes);
}

}  // namespace rankpool::objects
