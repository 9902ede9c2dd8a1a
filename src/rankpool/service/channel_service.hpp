// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/channel_messages.hpp"
#include "rankpool/rank/outbox.hpp"
#include "rankpool/service/object_service.hpp"
#include "rankpool/service/ring_agent.hpp"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>

namespace rankpool::supervisor {

/// The queues, pipes and shared objects whose home is this rank: who holds which end in the whole job, and
/// what follows when nobody does. Processes of this node work on a channel's memory themselves; for those of
/// other nodes a RingAgent does. Requests of this rank's workers come here first and go on to the home.
class ChannelService {
  public:
    /// `bell` wakes this rank.
    ChannelService(Outbox& outbox, WakeSocket::Name const& bell);

    void on_frame(link::Frame const& frame);
    /// A worker of this rank has ended: it holds nothing any more.
    void worker_ended(Address worker, int wait_status);
    /// The processes of a rank hold nothing any more, and its channels are gone.
    void rank_lost(Rank rank);

    /// Moves on what had to wait; true if anything happened.
    bool step();
    /// Says that this supervisor is about to sleep; `step` once more after it.
    void announce_sleep();
    /// True where there is something that no wake-up will tell of.
    [[nodiscard]] bool is_restless() const { return !chores_.empty() || agent_.is_restless(); }
    /// Nothing has its home here, and nothing from here is on its way.
    [[nodiscard]] bool is_empty() const {
        return channels_.empty() && carried_.empty() && agent_.is_empty() && objects_.is_empty();
    }

  private:
    /// A channel or object whose home is here.
    struct Home {
        Home() = default;
        explicit Home(link::ChannelTerms const& terms)
            : memory(std::make_unique<link::ChannelMemory>(terms)) {}
        [[nodiscard]] std::size_t rings() const { return memory ? memory->ring_count() : 0; }
        [[nodiscard]] std::size_t ends() const { return memory ? memory->ring_count() : 1; }

        std::unique_ptr<link::ChannelMemory> memory;  ///< null: an object
        std::array<std::set<Address>, 2> holders;
        std::array<std::map<link::InFlightId, link::ChannelId>, 2> on_their_way;  ///< and inside what
        std::set<link::InFlightId> arrived_early;  ///< claimed before their departure was told
        std::array<bool, 2> is_ended{};
        std::set<Rank> carries;  ///< homes of ends that its items may hold
    };
    using Channels = std::map<std::uint32_t, Home>;

    /// The channel if it lives here.
    Channels::iterator find(link::ChannelId id);
    void note_home(Address worker, Rank home);
    void require_rank(Rank rank) const;
    void make(link::Frame const& frame);
    void make_object(link::Frame const& frame);
    void has_made(Home& home, Address maker);
    void change(link::Frame const& frame);
    void claim(Home& home, Address holder, link::EndChange const& change);
    void depart(Home& home, link::EndChange const& change);
    void note_carrier(link::Carrier const& carrier);
    void tell_dropped(Address worker, link::EndChange const& change);
    void tell_place(Address worker, link::ChannelEnd const& end);
    void process_ended(link::HolderGone const& gone);
    void holder_gone(Address holder);
    void carrier_gone(link::ChannelId carrier);
    void let_go(Channels::iterator channel, Address holder, std::uint32_t end);
    bool end_if_unheld(Channels::iterator channel, std::uint32_t end);
    void destroy(Channels::iterator channel);
    void ask(link::Frame const& frame);
    void do_soon(std::function<bool()> chore);

    Outbox& outbox_;
    std::map<Address, std::set<Rank>> homes_;  ///< where workers of this rank may hold something
    Channels channels_;
    std::uint32_t made_ = 0;
    std::map<std::pair<link::ChannelId, link::InFlightId>, link::ChannelEnd>
        carried_;  ///< ends of channels here
    RingAgent agent_;
    ObjectService objects_;
    std::list<std::function<bool()>> chores_;  ///< each until it says that it is done
};

}  // namespace rankpool::supervisor
