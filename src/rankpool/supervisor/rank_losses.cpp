// SPDX-License-Identifier: MIT
// What a supervisor does about ranks that are lost.
#include "rankpool/core/log.hpp"
#include "rankpool/supervisor/supervisor.hpp"

#include <signal.h>

namespace rankpool::supervisor {

using link::FrameKind;

/// Rank 0 hears of each loss first and tells all, so that each of its messages finds all ranks of one mind.
void Supervisor::look_for_lost() {
    auto const gone = watch_.look();
    if (watch_.is_unheard()) {
        // Nobody else can be told: it is this node that is out of reach.
        return end_without_rank_zero(Whom::this_node);
    }
    for (Rank const rank : gone) {
        // It may be alive and only out of reach; then it is to end.
        router_.send(FrameKind::rank_lost, link::supervisor_of(rank), {}, rank);
        if (rank == Rank{0}) return end_without_rank_zero(Whom::all);
    }
    for (Rank const rank : gone) router_.send(FrameKind::rank_lost, link::supervisor_of(Rank{0}), {}, rank);
}

/// A rank is gone for good, and the others go on: what it had goes elsewhere, what waits for it is told.
void Supervisor::take_loss(Rank rank) {
    if (world_.is_lost(rank)) return;
    if (rank == world_.rank()) return cut_off("the other ranks have heard nothing from rank " + name(rank));
    if (rank == Rank{0}) {
        world_.mark_lost(rank);
        return cut_off("rank " + name(rank) + " is gone");
    }
    world_.mark_lost(rank);
    router_.forget(rank);
    if (world_.rank() == Rank{0}) {
        say("rank " + name(rank) + " is gone: its work goes to the others");
        for (int other = 1; other < world_.size(); ++other) {
            router_.send(FrameKind::rank_lost, link::supervisor_of(Rank{other}), {}, rank);
        }
    }
    collectives_.abandon();
    exchange_.send_all_now();
    blobs_.rank_lost(rank);
    for (auto& [id, service] : pool_services_) service.rank_lost(rank);
    for (auto& [key, pool_host] : pool_hosts_) {
        if (key.home == rank) pool_host.end(link::Ending::at_once);
    }
    enforce_limits();
    channels_.rank_lost(rank);
    processes_.rank_lost(rank);
    for (auto const& worker : workers_.living()) {
        router_.send(FrameKind::rank_lost, worker->address, {}, rank);
    }
}

void Supervisor::end_without_rank_zero(Whom whom) {
    for (int rank = 1; rank < world_.size(); ++rank) {
        bool const is_here = world_.node(Rank{rank}) == world_.node(world_.rank());
        if (Rank{rank} == world_.rank() || (whom == Whom::this_node && !is_here)) continue;
        router_.send(FrameKind::rank_lost, link::supervisor_of(Rank{rank}), {}, Rank{0});
    }
    take_loss(Rank{0});
}

/// Nothing of the job is left for this rank; a batch run is to be resumed.
void Supervisor::cut_off(std::string const& why) {
    if (world_.is_node_leader()) say(why + ", so the job ends on " + world_.host(world_.rank()));
    over_ = true;
    exit_code_ = 128 + SIGKILL;
}

}  // namespace rankpool::supervisor
