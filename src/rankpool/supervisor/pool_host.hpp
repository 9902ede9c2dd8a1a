// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/fork/local_worker.hpp"
#include "rankpool/link/status_messages.hpp"
#include "rankpool/protocol/messages.hpp"
#include "rankpool/rank/drafts.hpp"
#include "rankpool/rank/outbox.hpp"
#include "rankpool/supervisor/processors.hpp"

#include <map>
#include <optional>
#include <set>

namespace rankpool::supervisor {

/// The members of one pool on this rank: starts their processes, replaces those that end, tells the home.
class PoolHost {
  public:
    PoolHost(Outbox& outbox, WorkerTable& workers, ForkServer& forks, Processors& processors, PoolKey key,
             link::PoolTerms const& terms, std::span<std::byte const> initializer, Rank here, int ranks);

    /// The process for `worker`, a member of this pool here, has its link.
    void born(LocalWorker& worker);
    /// It could not be started, for what errno says.
    void unborn(LocalWorker& worker, int error);
    /// It has ended, and all it had written has been passed on.
    void ended(LocalWorker& worker, int wait_status);
    void end(link::Ending ending);
    /// The pool has so many members now: starts those that are missing here. Others are not replaced when
    /// they end.
    void resize(std::uint64_t size);
    /// Nothing of the call is to be run any more: ends members that are at it.
    void drop_call(CallId call);
    /// Tells the owner what the members that live are doing.
    void answer_status(link::StatusRound const& round);
    /// Takes back what a member has not begun, and tells the home.
    void recall(link::Recall const& recall);

    /// Ends members that break the pool's limits. The next look is due after what is returned, in ns
    /// (negative: never).
    std::int64_t enforce_limits();
    [[nodiscard]] bool is_over() const { return over_; }

  private:
    void start_missing();
    void start(Member member);
    /// Members of the pool on this rank.
    [[nodiscard]] std::size_t share() const;
    void free_processor(LocalWorker& worker);
    void end_if_empty();
    void check_time(LocalWorker& worker, std::int64_t now_ns, std::int64_t& next_ns);
    void check_memory(LocalWorker& worker, std::int64_t& next_ns);
    void end_at_once(LocalWorker& worker);
    void send_next_signal(LocalWorker::Verdict& verdict, Birth const& birth);
    void terminate_for(LocalWorker& worker, EndCause cause);
    void terminate_for(LocalWorker& worker, EndCause cause, CallId call, std::uint64_t task);
    [[nodiscard]] bool is_at_dropped_call(LocalWorker const& worker, std::int64_t now_ns) const;
    template <class Action>
    void for_each_member(Action action);

    Outbox& outbox_;
    Drafts drafts_;
    WorkerTable& workers_;
    ForkServer& forks_;
    Processors& processors_;
    PoolKey key_;
    link::PoolTerms terms_;
    Buffer initializer_;
    Rank here_;
    std::uint32_t ranks_;
    std::set<Member> alive_;  ///< that have a process, or are to have the next
    std::optional<link::Ending> ending_;
    bool over_ = false;
    std::map<CallId, Deadline> dropped_;  ///< calls to be ended, and how long they are looked for
};

}  // namespace rankpool::supervisor
