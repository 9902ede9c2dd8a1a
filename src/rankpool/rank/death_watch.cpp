// SPDX-License-Identifier: MIT
#include "rankpool/rank/death_watch.hpp"

#include <poll.h>

#include <algorithm>

namespace rankpool::supervisor {
namespace {

/// Between two looks while messages flow.
constexpr std::chrono::milliseconds between_looks{50};
/// Heartbeats in the time after which a node counts as lost.
constexpr int beats = 4;

}  // namespace

DeathWatch::DeathWatch(transport::World& world, Outbox& outbox,
                       std::optional<std::chrono::nanoseconds> patience)
    : world_(world), outbox_(outbox), patience_(patience) {}

Rank DeathWatch::leader_of_node(int direction) const {
    int const size = world_.size();
    Rank const here = world_.node(world_.rank());
    // Nodes are named by their lowest rank, living or not: the first living rank of another node in the ring
    // of all ranks leads to that node.
    std::vector<std::optional<Rank>> leaders(static_cast<std::size_t>(size));
    for (int rank = size - 1; rank >= 0; --rank) {
        if (!world_.is_lost(Rank{rank})) {
            leaders[static_cast<std::size_t>(world_.node(Rank{rank}).value)] = Rank{rank};
        }
    }
    for (int step = 1; step < size; ++step) {
        int const node = (here.value + direction * step + size) % size;
        if (auto const leader = leaders[static_cast<std::size_t>(node)]) return *leader;
    }
    return world_.rank();
}

bool DeathWatch::is_leader() const {
    Rank const here = world_.node(world_.rank());
    for (int rank = here.value; rank < world_.rank().value; ++rank) {
        if (world_.node(Rank{rank}) == here && !world_.is_lost(Rank{rank})) return false;
    }
    return true;
}

std::vector<Rank> DeathWatch::look() {
    std::vector<Rank> fresh;
    if (!patience_) return fresh;
    auto const now = Clock::now();
    if (now - last_look_ < between_looks) return fresh;
    std::vector<Rank> gone = gone_here();
    if (world_.ranks_here() < world_.size() && is_leader()) {
        auto const others = gone_elsewhere(now);
        gone.insert(gone.end(), others.begin(), others.end());
    }
    for (Rank const rank : gone) {
        if (found_.try_emplace(rank, now).second) fresh.push_back(rank);
    }
    last_look_ = now;
    return fresh;
}

bool DeathWatch::is_unheard() const {
    return std::any_of(found_.begin(), found_.end(), [this](auto const& found) {
        return !world_.is_lost(found.first) && last_look_ - found.second > *patience_;
    });
}

std::vector<Rank> DeathWatch::gone_here() const {
    pollfd neighbour{world_.neighbour_fd(), POLLIN, 0};
    bool const may_have_ended = neighbour.fd < 0 || ::poll(&neighbour, 1, 0) > 0;
    return may_have_ended ? world_.lost_here() : std::vector<Rank>{};
}

std::vector<Rank> DeathWatch::gone_elsewhere(Clock::time_point now) {
    std::vector<Rank> gone;
    if (now >= next_beat_) {
        next_beat_ = now + *patience_ / beats;
        Rank const next = leader_of_node(1);
        if (next != world_.rank()) {
            outbox_.send(link::FrameKind::heartbeat, link::supervisor_of(next), {}, world_.rank());
        }
    }
    Rank const before = leader_of_node(-1);
    // One that was itself out for long has not looked at what has come meanwhile.
    bool const was_away = now - last_look_ > *patience_ / beats;
    if (before != heard_from_ || was_away) {
        heard_from_ = before;
        last_heard_ = now;
    }
    if (before == world_.rank() || now - last_heard_ < *patience_) return gone;
    for (int rank = 0; rank < world_.size(); ++rank) {
        bool const is_there = world_.node(Rank{rank}) == world_.node(before);
        if (is_there && !world_.is_lost(Rank{rank})) gone.push_back(Rank{rank});
    }
    return gone;
}

void DeathWatch::on_heartbeat(Rank from) {
    if (from == heard_from_) last_heard_ = Clock::now();
}

std::int64_t DeathWatch::next_look_ns() const {
    // Nothing tells of the end of a neighbour that has no descriptor.
    bool const is_told = world_.neighbour() == world_.rank() || world_.neighbour_fd() >= 0;
    if (!patience_ || (is_told && world_.ranks_here() == world_.size())) return -1;
    return std::chrono::nanoseconds{*patience_ / beats}.count();
}

}  // namespace rankpool::supervisor
