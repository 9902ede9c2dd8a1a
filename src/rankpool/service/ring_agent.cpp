// SPDX-License-Identifier: MIT
#include "rankpool/service/ring_agent.hpp"

#include "rankpool/core/error.hpp"

#include <algorithm>

namespace rankpool::supervisor {

using link::Ask;
using Status = link::ChannelRing::Status;

namespace {

constexpr std::chrono::milliseconds pause_when_refused{5};

bool watches(link::RingRequest const& request) {
    return request.what == Ask::readable || request.what == Ask::finished;
}

}  // namespace

void RingAgent::on_request(link::Frame const& frame, link::ChannelRing& ring) {
    auto const request = frame.head<link::FrameKind::channel_ask>();
    Key const key{frame.header.from, request.channel, request.ring};
    Stand& stand = stands_[key];
    stand.ring = &ring;
    if (request.what == Ask::give_up) return give_up(key, stand, request.number);
    stand.pending[request.number] = {request, Buffer{frame.tail<link::FrameKind::channel_ask>()}, false};
    attempt(key, stand);
}

bool RingAgent::step() {
    // Who holds a lock for long may have been stopped: the others are not to wait for it as well.
    if (is_refused_ && Clock::now() < next_try_) return false;
    is_refused_ = false;
    bool any = false;
    for (auto& [key, stand] : stands_) {
        if (!stand.pending.empty()) any |= attempt(key, stand);
    }
    if (is_refused_) next_try_ = Clock::now() + pause_when_refused;
    return any;
}

void RingAgent::announce_sleep() {
    for (auto& [key, stand] : stands_) {
        if (stand.pending.empty()) continue;
        stand.ring->putters().set_asleep(stand.putting, true);
        stand.ring->takers().set_asleep(stand.taking, true);
        stand.ring->watchers().set_asleep(stand.watching, true);
    }
}

void RingAgent::forget(Address process, link::ChannelId channel) {
    for (std::uint32_t ring = 0; ring < 2; ++ring) stands_.erase(Key{process, channel, ring});
}

/// True if a request has been answered.
bool RingAgent::attempt(Key const& key, Stand& stand) {
    bool any = false;
    for (auto next = stand.pending.begin(); next != stand.pending.end();) {
        std::vector<std::byte> taken;
        Pending& pending = next->second;
        Status outcome = Status::wait;
        try {
            if (!pending.has_waited || may_succeed(stand, pending))
                outcome = carry_out(key, stand, pending, taken);
        } catch (UsageError const&) {
            // So many wait for it that there is no room for one more.
            outcome = Status::closed;
        }
        pending.has_waited = outcome == Status::wait;
        is_refused_ |= outcome == Status::busy;
        bool const is_over = outcome == Status::wait && pending.request.is_nowait != 0;
        if (!is_over && (outcome == Status::wait || outcome == Status::busy)) {
            ++next;
            continue;
        }
        answer(key, stand, next->second.request, outcome, taken);
        next = stand.pending.erase(next);
        any = true;
    }
    return any;
}

/// Without the ring's lock.
bool RingAgent::may_succeed(Stand const& stand, Pending const& pending) {
    link::ChannelRing const& ring = *stand.ring;
    switch (pending.request.what) {
        case Ask::put:
            return ring.may_put(stand.putting, pending.piece.size());
        case Ask::take:
            return ring.may_take(stand.taking);
        case Ask::take_more:
            return ring.may_take_more();
        case Ask::readable:
            return ring.may_be_readable();
        case Ask::finished:
            return ring.unfinished() == 0;
        default:
            return true;
    }
}

Status RingAgent::carry_out(Key const& key, Stand& stand, Pending const& pending,
                            std::vector<std::byte>& taken) const {
    link::ChannelRing& ring = *stand.ring;
    link::Waiter const who{key.process, bell_};
    link::RingRequest const& request = pending.request;
    auto const join = request.is_nowait != 0 ? link::ChannelRing::Join::no : link::ChannelRing::Join::yes;
    switch (request.what) {
        case Ask::put:
            return ring.put(stand.putting, who, pending.piece.bytes(), request.marks, join);
        case Ask::take:
            return ring.take(stand.taking, who, taken, join);
        case Ask::take_more:
            return ring.take_more(stand.taking, taken);
        case Ask::count_done:
            return ring.count_done();
        case Ask::readable:
        case Ask::finished:
            ring.watch(stand.watching, who);
            if (request.what == Ask::readable ? !ring.is_readable() : ring.unfinished() > 0) {
                return Status::wait;
            }
            leave_watch(stand, request.number);
            return Status::done;
        case Ask::leave_put:
            ring.leave_putters(stand.putting);
            return Status::done;
        case Ask::leave_take:
            ring.leave_takers(stand.taking);
            return Status::done;
        case Ask::state:
        case Ask::give_up:
            break;
    }
    return Status::done;
}

/// Unless another request of the same process watches.
void RingAgent::leave_watch(Stand& stand, std::uint64_t number) {
    bool const is_last = std::ranges::none_of(stand.pending, [number](auto const& entry) {
        return entry.first != number && watches(entry.second.request);
    });
    if (is_last) stand.ring->leave_watchers(stand.watching);
}

void RingAgent::give_up(Key const& key, Stand& stand, std::uint64_t number) {
    auto const found = stand.pending.find(number);
    if (found == stand.pending.end()) return;
    link::RingRequest const request = found->second.request;
    stand.pending.erase(found);
    if (request.what == Ask::put) stand.ring->leave_putters(stand.putting);
    if (request.what == Ask::take) stand.ring->leave_takers(stand.taking);
    if (watches(request)) leave_watch(stand, number);
    answer(key, stand, request, Status::wait, {});
}

void RingAgent::answer(Key const& key, Stand& stand, link::RingRequest const& request, Status outcome,
                       std::span<std::byte const> taken) {
    link::RingAnswer head{.number = request.number,
                          .outcome = outcome,
                          .is_full = stand.ring->is_full() ? 1U : 0U,
                          .is_readable = 0,
                          .size = stand.ring->size(),
                          .unfinished = stand.ring->unfinished()};
    if (request.what == Ask::state) head.is_readable = stand.ring->is_readable() ? 1U : 0U;
    outbox_.send(link::FrameKind::channel_answer, key.process, link::channel_pool, head, taken);
}

}  // namespace rankpool::supervisor
