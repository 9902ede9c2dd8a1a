// SPDX-License-Identifier: MIT
#include "rankpool/channel/channels.hpp"

#include "rankpool/channel/endpoint.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/core/lent_fd.hpp"
#include "rankpool/protocol/heads.hpp"
#include "rankpool/worker/own_thread.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <fcntl.h>
#include <sched.h>

#include <string>
#include <utility>

namespace rankpool::channel {
namespace {

using link::FrameKind;

}  // namespace

Channels& Channels::here() {
    // Lives until the process ends, since handles may.
    static auto* const the_one = new Channels(worker::this_worker().mailbox);
    worker::require_own_thread("a queue or connection");
    return *the_one;
}

Channels::Channels(worker::Mailbox& mailbox) : mailbox_(mailbox) {
    mailbox_.enlist(link::channel_pool, *this);
}

link::ChannelId Channels::make(link::ChannelTerms const& terms) {
    making_on_ = mailbox_.self().rank;
    mailbox_.send(FrameKind::channel_make, mailbox_.supervisor(), link::channel_pool, {}, terms);
    link::ChannelPlace const place = made("queue or pipe");
    for (std::uint32_t end = 0; end < terms.rings; ++end) {
        places_[{place.end.channel, end}] = place;
    }
    return place.end.channel;
}

link::ChannelId Channels::make(link::ObjectTerms const& terms) {
    mailbox_.send(FrameKind::shared_make, mailbox_.supervisor(), link::channel_pool, {}, terms);
    making_on_ = terms.where.value == -1 ? mailbox_.self().rank : terms.where;
    link::ChannelPlace const place = made("shared object");
    places_[place.end] = place;
    return place.end.channel;
}

link::ChannelPlace Channels::made(char const* what) {
    making_ = true;
    mailbox_.wait_inside([this] { return made_.has_value(); });
    making_ = false;
    link::ChannelPlace const place = *std::exchange(made_, std::nullopt);
    if (place.exists != 0) return place;
    throw Error("cannot make a " + std::string{what} + " (rank " + std::to_string(making_on_.value) +
                " has no memory or descriptor left for it, or is lost). Close some?");
}

std::shared_ptr<Endpoint> Channels::own_endpoint(link::ChannelEnd const& end) {
    auto made = std::make_shared<Endpoint>(*this, end);
    endpoints_[end] = made;
    return made;
}

std::shared_ptr<Endpoint> Channels::endpoint(link::ChannelEnd const& end, link::InFlightId in_flight,
                                             link::ChannelId carrier) {
    auto held = endpoints_[end].lock();
    bool const is_new = !held || held->is_closed();
    if (is_new) held = own_endpoint(end);
    if (is_new || in_flight.number != 0) {
        if (is_new) places_.erase(end);
        tell(FrameKind::channel_claim, {end, in_flight, carrier, 0});
    }
    // Only then may the sender let go of what it has pinned.
    if (is_new && !mailbox_.is_dispatching()) (void)place_of(end);
    return held;
}

link::ChannelPlace Channels::place_of(link::ChannelEnd const& end) {
    mailbox_.wait_inside([&] { return places_.contains(end); });
    return places_.at(end);
}

std::shared_ptr<link::ChannelMemory> Channels::memory_of(link::ChannelPlace const& place) {
    auto& known = memories_[place.end.channel];
    if (auto memory = known.lock()) return memory;
    UniqueFd fd = open_lent_fd(place.pid, place.fd, "rankpool-channel", O_RDWR);
    if (!fd) return nullptr;
    auto memory = link::ChannelMemory::adopt(std::move(fd), place.secret);
    if (!memory) return nullptr;
    memory->close_fd();
    known = memory;
    return memory;
}

void Channels::tell(link::KindOf<link::EndChange> kind, link::EndChange const& change) {
    mailbox_.send(kind, mailbox_.supervisor(), link::channel_pool, {}, change);
}

void Channels::drop(link::ChannelEnd const& end, bool may_wait) {
    may_wait = may_wait && !mailbox_.is_dispatching();
    endpoints_.erase(end);
    places_.erase(end);
    tell(FrameKind::channel_drop, {end, {}, {}, may_wait ? 1U : 0U});
    if (!may_wait) return;
    dropping_.insert(end);
    mailbox_.wait_inside([&] { return !dropping_.contains(end); });
}

link::InFlightId Channels::fresh_in_flight_id() {
    return {mailbox_.self(), ++tokens_};
}

std::uint64_t Channels::ask(link::RingRequest request, std::span<std::byte const> piece) {
    if (request.what != link::Ask::give_up) {
        request.number = ++asked_;
        asked_of_[request.number] = request.channel.home;
    }
    mailbox_.send(FrameKind::channel_ask, mailbox_.supervisor(), link::channel_pool, {}, request, piece);
    return request.number;
}

link::RingAnswer Channels::take_answer(std::uint64_t number, std::vector<std::byte>& piece) {
    Buffer const answer = std::move(answers_.extract(number).mapped());
    link::RingAnswer head;
    std::memcpy(&head, answer.bytes().data(), sizeof head);
    auto const rest = answer.bytes().subspan(sizeof head);
    piece.assign(rest.begin(), rest.end());
    return head;
}

void Channels::on_frame(link::Frame const& frame) {
    if (frame.header.kind == FrameKind::channel_answer) {
        // One that was taken for lost may answer all the same.
        if (asked_of_.erase(frame.head<FrameKind::channel_answer>().number) == 0) return;
        answers_[frame.head<FrameKind::channel_answer>().number] = Buffer{frame.payload};
    } else if (frame.header.kind == FrameKind::channel_dropped) {
        dropping_.erase(frame.head<FrameKind::channel_dropped>().end);
    } else if (frame.header.kind == FrameKind::channel_here) {
        auto const place = frame.head<FrameKind::channel_here>();
        auto const known = endpoints_.find(place.end);
        if (known != endpoints_.end() && !known->second.expired()) {
            places_[place.end] = place;
        } else if (making_ && place.end.channel.home == making_on_) {
            // That from a lost rank may come when something else is being made.
            made_ = place;
        }
    }
}

/// Its channels have no home any more: nothing comes from them, nothing can be put.
void Channels::on_rank_lost(Rank rank) {
    std::erase_if(asked_of_, [&](auto const& request) {
        auto const& [number, home] = request;
        if (home != rank) return false;
        link::RingAnswer answer;
        answer.number = number;
        answer.outcome = link::ChannelRing::Status::closed;
        answers_[number] = Buffer{link::bytes_of(answer)};
        return true;
    });
    if (making_ && making_on_ == rank && !made_) made_ = link::ChannelPlace{};
    std::erase_if(dropping_, [rank](link::ChannelEnd const& end) { return end.channel.home == rank; });
    for (auto const& [end, endpoint] : endpoints_) {
        if (end.channel.home == rank) places_.try_emplace(end, link::ChannelPlace{end, 0, 0, 0, {}});
    }
    for (auto const& [channel, known] : memories_) {
        auto const memory = known.lock();
        if (channel.home != rank || !memory) continue;
        for (std::size_t ring = 0; ring < memory->ring_count(); ++ring) {
            while (!memory->ring(ring).lose_home(rank)) ::sched_yield();
        }
    }
}

}  // namespace rankpool::channel
