// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"
#include "rankpool/rank/outbox.hpp"
#include "rankpool/transport/world.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <vector>

namespace rankpool::supervisor {

/// Notices ranks that are gone, in a job that is to go on without them. On a node each rank watches the
/// process of the next one, at no cost. Of each node the lowest living rank sends heartbeats to the next
/// node's; when they have been missing for `patience` the whole node counts as lost.
class DeathWatch {
  public:
    /// Without patience nothing is watched: then the launcher ends a job that has lost a rank.
    DeathWatch(transport::World& world, Outbox& outbox, std::optional<std::chrono::nanoseconds> patience);

    /// Ranks found to be gone since the last look. To be called now and then; cheap.
    std::vector<Rank> look();
    /// True when what was found has not become known to all for so long that this rank must be the one that
    /// is out of reach.
    [[nodiscard]] bool is_unheard() const;
    void on_heartbeat(Rank from);

    /// To be polled for readability in a sleep; negative if nothing can be heard there.
    [[nodiscard]] int fd() const { return patience_ ? world_.neighbour_fd() : -1; }
    /// When to look again, in ns from now (negative: when fd() is readable).
    [[nodiscard]] std::int64_t next_look_ns() const;

  private:
    /// The lowest living rank of the next node, or with -1 of the one before, in a ring; this rank where
    /// there is no other node.
    [[nodiscard]] Rank leader_of_node(int direction) const;
    [[nodiscard]] bool is_leader() const;
    [[nodiscard]] std::vector<Rank> gone_here() const;
    [[nodiscard]] std::vector<Rank> gone_elsewhere(Clock::time_point now);

    transport::World& world_;
    Outbox& outbox_;
    std::optional<std::chrono::nanoseconds> patience_;
    Clock::time_point last_look_{};
    Clock::time_point next_beat_{};
    Clock::time_point last_heard_{};
    Rank heard_from_{-1};  ///< the leader whose heartbeats are waited for
    std::map<Rank, Clock::time_point> found_;
};

}  // namespace rankpool::supervisor
