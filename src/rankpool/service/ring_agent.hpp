// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/protocol/channel_messages.hpp"
#include "rankpool/rank/outbox.hpp"

#include <map>
#include <vector>

namespace rankpool::supervisor {

/// Puts, takes and waits at the rings of this node for processes of other nodes, which send a request and get
/// an answer for each piece. It stands in a ring's lines in their name.
class RingAgent {
  public:
    RingAgent(Outbox& outbox, WakeSocket::Name const& bell) : outbox_(outbox), bell_(bell) {}

    /// Takes a request for `ring`.
    void on_request(link::Frame const& frame, link::ChannelRing& ring);
    /// Tries again what had to wait; true if anything was answered.
    bool step();
    void announce_sleep();
    /// True where a request waits for a lock that somebody holds, which no wake-up will tell of.
    [[nodiscard]] bool is_restless() const { return is_refused_; }
    [[nodiscard]] bool is_empty() const { return stands_.empty(); }
    /// Forgets a process that has ended, and what it asked of `channel`.
    void forget(Address process, link::ChannelId channel);

  private:
    /// A process at a ring.
    struct Key {
        Address process;
        link::ChannelId channel;
        std::uint32_t ring = 0;
        friend auto operator<=>(Key const&, Key const&) = default;
    };
    /// A request that is not answered yet.
    struct Pending {
        link::RingRequest request;
        Buffer piece;
        bool has_waited = false;
    };
    struct Stand {
        link::ChannelRing* ring = nullptr;
        link::QueuePosition putting;
        link::QueuePosition taking;
        link::QueuePosition watching;
        std::map<std::uint64_t, Pending> pending;  ///< by the requests' numbers
    };

    bool attempt(Key const& key, Stand& stand);
    static bool may_succeed(Stand const& stand, Pending const& pending);
    link::ChannelRing::Status carry_out(Key const& key, Stand& stand, Pending const& pending,
                                        std::vector<std::byte>& taken) const;
    static void leave_watch(Stand& stand, std::uint64_t number);
    void give_up(Key const& key, Stand& stand, std::uint64_t number);
    void answer(Key const& key, Stand& stand, link::RingRequest const& request,
                link::ChannelRing::Status outcome, std::span<std::byte const> taken);

    Outbox& outbox_;
    WakeSocket::Name bell_;
    std::map<Key, Stand> stands_;
    bool is_refused_ = false;  ///< a lock could not be had
    Clock::time_point next_try_{};
};

}  // namespace rankpool::supervisor
