// SPDX-License-Identifier: MIT
#include "rankpool/service/channel_service.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/shared_ring/shared_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace rankpool::supervisor {
namespace {

using link::ChannelEnd;
using link::ChannelId;
using link::EndChange;
using link::FrameKind;
using link::supervisor_of;

}  // namespace

ChannelService::ChannelService(Outbox& outbox, WakeSocket::Name const& bell)
    : outbox_(outbox), agent_(outbox, bell), objects_(outbox) {}

void ChannelService::on_frame(link::Frame const& frame) {
    switch (frame.header.kind) {
        case FrameKind::channel_make:
            return make(frame);
        case FrameKind::shared_make:
            return make_object(frame);
        case FrameKind::shared_ask:
            return objects_.on_frame(frame);
        case FrameKind::channel_claim:
        case FrameKind::channel_drop:
        case FrameKind::channel_depart:
        case FrameKind::channel_return:
            return change(frame);
        case FrameKind::holder_gone:
            return process_ended(frame.head<FrameKind::holder_gone>());
        case FrameKind::carrier_noted:
            return note_carrier(frame.head<FrameKind::carrier_noted>());
        case FrameKind::carrier_gone:
            return carrier_gone(frame.head<FrameKind::carrier_gone>().channel);
        case FrameKind::channel_ask:
            return ask(frame);
        default:
            link::refuse("a supervisor got a channel frame that it does not know");
    }
}

void ChannelService::make(link::Frame const& frame) {
    ChannelId const id{outbox_.rank(), ++made_};
    auto const terms = frame.head<FrameKind::channel_make>();
    if (!link::ChannelMemory::is_possible(terms)) link::refuse("a queue or pipe that cannot be");
    Address const maker = frame.header.from;
    try {
        has_made(channels_.try_emplace(id.number, terms).first->second, maker);
    } catch (Error const&) {
        // The maker says that there is none.
    }
    tell_place(maker, {id, 0});
}

void ChannelService::make_object(link::Frame const& frame) {
    Address const maker = frame.header.from;
    auto const terms = frame.head<FrameKind::shared_make>();
    bool const is_elsewhere = terms.where.value != -1 && terms.where != outbox_.rank();
    if (is_elsewhere) {
        require_rank(terms.where);
        note_home(maker, terms.where);
        if (outbox_.is_lost(terms.where)) return tell_place(maker, {{terms.where, 0}, 0});
        link::FrameHeader header = frame.header;
        header.to = supervisor_of(terms.where);
        return outbox_.send(header, frame.payload);
    }
    ChannelId const id{outbox_.rank(), ++made_};
    if (objects_.make(id.number, terms)) {
        has_made(channels_.try_emplace(id.number).first->second, maker);
    }
    tell_place(maker, {id, 0});
}

void ChannelService::has_made(Home& home, Address maker) {
    for (std::uint32_t end = 0; end < home.ends(); ++end) home.holders[end].insert(maker);
    note_home(maker, outbox_.rank());
}

/// Where it is to be told that a worker of this rank has ended.
void ChannelService::note_home(Address worker, Rank home) {
    if (worker.rank == outbox_.rank()) homes_[worker].insert(home);
}

void ChannelService::require_rank(Rank rank) const {
    if (rank.value < 0 || rank.value >= outbox_.ranks()) link::refuse("a queue or pipe of no rank");
}

/// Where it lies for a worker of this node, which may be on another rank.
void ChannelService::tell_place(Address worker, ChannelEnd const& end) {
    link::ChannelPlace place{end, 0, 0, 0, {}};
    if (auto const found = find(end.channel); found != channels_.end() && !found->second.is_ended[end.end]) {
        place.exists = 1;
        bool const is_near = outbox_.is_near(worker.rank);
        auto const lend = [&place](auto const& memory) {
            place.pid = ::getpid();
            place.fd = memory.fd();
            place.secret = memory.secret();
        };
        if (is_near && found->second.memory) lend(*found->second.memory);
        auto const* const mapped = objects_.memory(end.channel.number);
        if (is_near && mapped) lend(*mapped);
    }
    outbox_.send(FrameKind::channel_here, worker, link::channel_pool, place);
}

void ChannelService::change(link::Frame const& frame) {
    auto const change = frame.head<FrameKind::channel_claim, FrameKind::channel_drop,
                                   FrameKind::channel_depart, FrameKind::channel_return>();
    require_rank(change.end.channel.home);
    if (change.carrier.number != 0) require_rank(change.carrier.home);
    if (change.end.end > 1) link::refuse("an end that no queue or pipe has");
    Address const from = frame.header.from;
    if (frame.header.kind == FrameKind::channel_claim) note_home(from, change.end.channel.home);
    if (change.end.channel.home != outbox_.rank() && !outbox_.is_lost(change.end.channel.home)) {
        link::FrameHeader header = frame.header;
        header.to = supervisor_of(change.end.channel.home);
        return outbox_.send(header, frame.payload);
    }
    auto const channel = find(change.end.channel);
    if (channel == channels_.end()) {
        if (frame.header.kind == FrameKind::channel_claim) tell_place(from, change.end);
        if (frame.header.kind == FrameKind::channel_drop) tell_dropped(from, change);
        return;
    }
    if (change.end.end >= channel->second.ends()) link::refuse("an end that the queue has not");
    switch (frame.header.kind) {
        case FrameKind::channel_claim:
            return claim(channel->second, from, change);
        case FrameKind::channel_depart:
            return depart(channel->second, change);
        case FrameKind::channel_return:
            channel->second.on_their_way[change.end.end].erase(change.in_flight);
            carried_.erase({change.carrier, change.in_flight});
            (void)end_if_unheld(channel, change.end.end);
            return;
        default:
            let_go(channel, from, change.end.end);
            return tell_dropped(from, change);
    }
}

/// That the others can see it.
void ChannelService::tell_dropped(Address worker, EndChange const& change) {
    if (change.is_awaited == 0) return;
    outbox_.send(FrameKind::channel_dropped, worker, link::channel_pool, change);
}

void ChannelService::claim(Home& home, Address holder, EndChange const& change) {
    // What has ended does not begin again: its rings are closed.
    if (!home.is_ended[change.end.end]) home.holders[change.end.end].insert(holder);
    if (change.in_flight.number != 0) {
        bool const has_departed = home.on_their_way[change.end.end].erase(change.in_flight) > 0;
        bool const may_depart = !has_departed && !outbox_.is_lost(change.in_flight.sender.rank);
        if (may_depart) home.arrived_early.insert(change.in_flight);
        carried_.erase({change.carrier, change.in_flight});
    }
    tell_place(holder, change.end);
}

void ChannelService::depart(Home& home, EndChange const& change) {
    if (home.arrived_early.erase(change.in_flight) > 0) return;
    bool const is_carried = change.carrier.number != 0;
    if (is_carried && outbox_.is_lost(change.carrier.home)) return;
    home.on_their_way[change.end.end][change.in_flight] = change.carrier;
    if (!is_carried) return;
    carried_[{change.carrier, change.in_flight}] = change.end;
    outbox_.send(FrameKind::carrier_noted, supervisor_of(change.carrier.home), link::channel_pool,
                 link::Carrier{change.carrier, outbox_.rank()});
}

/// The home of an end asks to be told when this channel, which carries it, is gone. That may have been
/// before.
void ChannelService::note_carrier(link::Carrier const& carrier) {
    if (auto const found = find(carrier.channel); found != channels_.end()) {
        found->second.carries.insert(carrier.home);
    } else {
        outbox_.send(FrameKind::carrier_gone, supervisor_of(carrier.home), link::channel_pool, carrier);
    }
}

void ChannelService::worker_ended(Address worker, int wait_status) {
    auto const homes = homes_.extract(worker);
    if (homes.empty()) return;
    for (Rank const home : homes.mapped()) {
        outbox_.send(FrameKind::holder_gone, supervisor_of(home), link::channel_pool,
                     link::HolderGone{worker, wait_status != 0 ? 1U : 0U});
    }
}

void ChannelService::process_ended(link::HolderGone const& gone) {
    objects_.processes_ended(
        {[&gone](Address const& process) { return process == gone.holder; }, gone.has_failed != 0});
    holder_gone(gone.holder);
}

void ChannelService::holder_gone(Address holder) {
    for (auto next = channels_.begin(); next != channels_.end();) {
        auto const channel = next++;
        std::uint32_t const number = channel->first;
        for (std::uint32_t end = 0; end < 2 && channels_.contains(number); ++end) {
            if (channel->second.holders[end].contains(holder)) let_go(channel, holder, end);
        }
    }
}

ChannelService::Channels::iterator ChannelService::find(ChannelId id) {
    return id.home == outbox_.rank() ? channels_.find(id.number) : channels_.end();
}

void ChannelService::rank_lost(Rank rank) {
    objects_.processes_ended({[rank](Address const& process) { return process.rank == rank; }});
    std::set<Address> holders;
    std::vector<std::pair<ChannelEnd, link::InFlightId>> on_their_way;
    for (auto& [number, home] : channels_) {
        std::erase_if(home.arrived_early,
                      [rank](link::InFlightId const& in_flight) { return in_flight.sender.rank == rank; });
        for (std::uint32_t end = 0; end < 2; ++end) {
            std::copy_if(home.holders[end].begin(), home.holders[end].end(),
                         std::inserter(holders, holders.end()),
                         [rank](Address const& holder) { return holder.rank == rank; });
            // What lies in a queue that is still there will be taken out.
            for (auto const& [in_flight, carrier] : home.on_their_way[end]) {
                if (in_flight.sender.rank == rank && carrier.number == 0)
                    on_their_way.push_back({{{outbox_.rank(), number}, end}, in_flight});
            }
        }
    }
    for (Address const& holder : holders) holder_gone(holder);
    for (auto const& [end, in_flight] : on_their_way) {
        auto const channel = find(end.channel);
        if (channel == channels_.end()) continue;
        channel->second.on_their_way[end.end].erase(in_flight);
        (void)end_if_unheld(channel, end.end);
    }
    while (true) {
        auto const carried = std::find_if(carried_.begin(), carried_.end(), [rank](auto const& entry) {
            return entry.first.first.home == rank;
        });
        if (carried == carried_.end()) break;
        carrier_gone(carried->first.first);
    }
}

void ChannelService::let_go(Channels::iterator channel, Address holder, std::uint32_t end) {
    Home& home = channel->second;
    std::uint32_t const number = channel->first;
    home.holders[end].erase(holder);
    bool const holds_another = home.holders[0].contains(holder) || home.holders[1].contains(holder);
    if (!holds_another) agent_.forget(holder, {outbox_.rank(), number});
    if (end_if_unheld(channel, end) || holds_another) return;
    for (std::size_t ring = 0; ring < home.rings(); ++ring) {
        do_soon([this, number, ring, holder] {
            auto const found = channels_.find(number);
            return found == channels_.end() || found->second.memory->ring(ring).forget(holder);
        });
    }
}

/// True if the channel is gone.
bool ChannelService::end_if_unheld(Channels::iterator channel, std::uint32_t end) {
    Home& home = channel->second;
    if (!home.holders[end].empty() || !home.on_their_way[end].empty()) return false;
    home.is_ended[end] = true;
    if (home.ends() == 1 || home.is_ended[1 - end]) {
        destroy(channel);
        return true;
    }
    std::uint32_t const number = channel->first;
    // In this order: who has received the end cannot send any more.
    do_soon([this, number, end] {
        auto const found = channels_.find(number);
        if (found == channels_.end()) return true;
        link::ChannelMemory& memory = *found->second.memory;
        return memory.ring(1 - end).end_taking() && memory.ring(end).end_putting();
    });
    return false;
}

void ChannelService::destroy(Channels::iterator channel) {
    ChannelId const id{outbox_.rank(), channel->first};
    for (Rank const home : channel->second.carries) {
        outbox_.send(FrameKind::carrier_gone, supervisor_of(home), link::channel_pool,
                     link::Carrier{id, home});
    }
    channels_.erase(channel);
    objects_.remove(id.number);
}

/// What its items carried will not arrive.
void ChannelService::carrier_gone(ChannelId carrier) {
    auto next = carried_.lower_bound({carrier, {}});
    while (next != carried_.end() && next->first.first == carrier) {
        auto const [where, end] = *next;
        next = carried_.erase(next);
        auto const channel = channels_.find(end.channel.number);
        if (channel == channels_.end()) continue;
        channel->second.on_their_way[end.end].erase(where.second);
        (void)end_if_unheld(channel, end.end);
    }
}

void ChannelService::ask(link::Frame const& frame) {
    auto const request = frame.head<FrameKind::channel_ask>();
    require_rank(request.channel.home);
    bool const is_possible = request.what <= link::Ask::give_up &&
                             request.marks <= link::ChannelRing::whole &&
                             frame.tail<FrameKind::channel_ask>().size() <= link::ChannelRing::piece_bytes;
    if (!is_possible) link::refuse("a request for a queue that cannot be");
    if (request.channel.home != outbox_.rank() && !outbox_.is_lost(request.channel.home)) {
        link::FrameHeader header = frame.header;
        header.to = supervisor_of(request.channel.home);
        return outbox_.send(header, frame.payload);
    }
    auto const channel = find(request.channel);
    if (channel != channels_.end()) {
        Home& home = channel->second;
        if (request.ring >= home.rings()) link::refuse("a ring that there is not");
        Address const from = frame.header.from;
        // Others would be at it for ever: it is let go of with what they hold.
        bool const is_held = home.holders[0].contains(from) || home.holders[1].contains(from);
        if (is_held) return agent_.on_request(frame, home.memory->ring(request.ring));
    }
    link::RingAnswer answer;
    answer.number = request.number;
    answer.outcome = link::ChannelRing::Status::closed;
    outbox_.send(FrameKind::channel_answer, frame.header.from, link::channel_pool, answer);
}

void ChannelService::do_soon(std::function<bool()> chore) {
    if (!chore()) chores_.push_back(std::move(chore));
}

bool ChannelService::step() {
    bool any = agent_.step();
    if (!chores_.empty()) any |= chores_.remove_if([](auto const& chore) { return chore(); }) > 0;
    return any;
}

void ChannelService::announce_sleep() {
    agent_.announce_sleep();
}

}  // namespace rankpool::supervisor
