// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/protocol/process_messages.hpp"
#include "rankpool/rank/outbox.hpp"
#include "rankpool/rank/workers.hpp"

#include <sys/types.h>

#include <map>
#include <vector>

namespace rankpool::supervisor {

/// The processes that programs start: those whose parent is on this rank, those that live here, and on rank 0
/// the choice of the rank for each. A parent hears once how its child has ended, or that it could not be
/// started, whatever ranks are lost: rank 0 knows of the child until the parent's rank has heard of its end.
class ProcessService {
  public:
    ProcessService(Outbox& outbox, Workers& workers);

    void on_frame(link::Frame const& frame);
    /// The process has its link.
    void born(Address process, pid_t pid);
    /// It could not be started, for what errno says.
    void unborn(Address process, int error);
    /// A worker of this rank, process or not, has ended: its daemons end with it.
    void worker_ended(Address worker, int wait_status);
    /// The processes of a rank are gone: their parents are told, and their children left alone.
    void rank_lost(Rank rank);
    /// Nothing is known of any process.
    [[nodiscard]] bool is_empty() const { return processes_.empty() && children_.empty() && placed_.empty(); }

  private:
    /// A process of this rank.
    struct Process {
        link::ProcessTerms terms;
        Buffer orders;  ///< which follow the terms, until it is born
        pid_t pid = 0;  ///< 0: it is not born yet
    };
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
    void left(link::ChildId const& child);
    void orphan(link::ChildId const& id, Child const& child);
    void tell_of_end(Address address, link::KindOf<link::ProcessNews> kind, int status);

    Outbox& outbox_;
    Workers& workers_;
    std::map<Address, Process> processes_;
    std::map<link::ChildId, Child> children_;
    std::vector<int> load_;                 ///< on rank 0: processes on each rank
    std::map<link::ChildId, Rank> placed_;  ///< on rank 0: where they are
};

}  // namespace rankpool::supervisor
