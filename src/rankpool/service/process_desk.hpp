// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/fork/local_worker.hpp"
#include "rankpool/protocol/process_messages.hpp"
#include "rankpool/rank/outbox.hpp"

#include <map>
#include <set>
#include <vector>

namespace rankpool::supervisor {

/// The processes that programs start: those whose parent is on this rank, those that live here, and on rank 0
/// the choice of the rank for each.
class ProcessDesk {
  public:
    ProcessDesk(Outbox& outbox, WorkerTable& workers, ForkServer& forks, Rank here, int ranks);

    void on_frame(link::Frame const& frame);
    /// The process for `worker` has its link.
    void born(LocalWorker& worker);
    /// It could not be started, for what errno says.
    void unborn(LocalWorker const& worker, int error);
    /// A worker of this rank, process or not, has ended: its daemons end with it.
    void worker_ended(LocalWorker const& worker, int wait_status);
    /// The processes of a rank are gone: their parents are told, and their children left alone.
    void rank_lost(Rank rank);

  private:
    /// A process whose parent is on this rank.
    struct Child {
        Address address;
        bool is_born = false;
        bool is_daemon = false;
    };

    void start(link::Frame const& frame);
    void place(link::Frame const& frame);
    void spawn(link::Frame const& frame);
    void signal(link::Frame const& frame);
    void pass_news(link::Frame const& frame);
    void orphan(link::ChildId const& id, Child const& child);
    void tell_parent(LocalWorker const& worker, link::FrameKind kind, int status);

    Outbox& outbox_;
    WorkerTable& workers_;
    ForkServer& forks_;
    Rank here_;
    std::map<link::ChildId, Child> children_;
    std::vector<int> load_;                 ///< on rank 0: processes on each rank
    std::map<link::ChildId, Rank> placed_;  ///< on rank 0: where they are
    std::set<Rank> lost_;
};

}  // namespace rankpool::supervisor
