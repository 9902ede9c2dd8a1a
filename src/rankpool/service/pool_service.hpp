// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/link/status_messages.hpp"
#include "rankpool/protocol/messages.hpp"
#include "rankpool/rank/exchange.hpp"
#include "rankpool/rank/outbox.hpp"
#include "rankpool/rank/parcels.hpp"
#include "rankpool/schedule/scheduler.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace rankpool::supervisor {

/// A pool at its home, the supervisor of the worker that made it: takes tasks from the owner, hands them to
/// the members on all ranks as the scheduler says, and passes their results on.
class PoolService {
  public:
    /// Starts the members on all ranks.
    PoolService(Outbox& outbox, Exchange& exchange, int ranks, PoolId pool, link::PoolTerms const& terms,
                std::span<std::byte const> initializer);

    void on_frame(link::Frame const& frame);
    /// To be called when the frames at hand have been taken: hands out what has come in them. True if there
    /// was anything.
    bool settle();
    /// When to look whether members still wait for what others have not begun; nothing where none do.
    [[nodiscard]] std::optional<Clock::time_point> next_look() const { return next_look_; }
    /// Has it taken back where they do, and that time has come.
    void look(Clock::time_point now);
    /// True when all of it has ended and the owner knows.
    [[nodiscard]] bool is_over() const { return over_; }
    [[nodiscard]] Address owner() const { return terms_.owner; }
    /// Ends the members; the owner is told when all are gone.
    void end(link::Ending ending);
    /// Goes on without the members that were there; what they had goes to others.
    void rank_lost(Rank rank);

  private:
    struct MemberRecord {
        Address address;
        bool up = false;
        bool is_lost = false;       ///< with its rank, or for want of a process; for good
        bool is_senseless = false;  ///< its process has sent results that were refused
        int early_deaths = 0;       ///< processes in a row that ended before they were ready
        std::set<CallId> informed;  ///< calls whose function its process has
        link::MemberState loss;     ///< how its last process ended
        std::string places;         ///< and where, if by a crash
    };
    struct CallRecord {
        link::CallTerms terms;
        Buffer bound;
        Parcels parcels;
        std::uint64_t open_count = 0;  ///< tasks of a chunk that is not complete yet
        std::uint64_t open_bytes = 0;
        std::uint64_t whole_count = 0;  ///< tasks before them that the scheduler has not been told of
        std::uint64_t whole_bytes = 0;
        std::vector<std::byte> large;  ///< an input of which more is to come
        // Of a call with a fixed schedule:
        bool is_placed = false;
        std::map<Member, std::uint32_t> lasts_out;  ///< last batches whose results are not at hand yet
    };

    void resize(std::uint64_t size);
    void rest(Rank rank);
    void wake_if_alone();
    void start_members(std::uint64_t from);
    void open_call(link::Frame const& frame);
    void add_tasks(link::Frame const& frame);
    void add_records(CallRecord& call, link::Tasks const& tasks, std::span<std::byte const> records);
    void close_call(CallId call);
    void drop_call(CallId call);
    void withdraw_call(CallId call);
    void answer_withdrawals();
    void place_if_complete(CallId call);
    void place_blocks(CallId call);
    void results_at_hand(link::Frame const& frame);
    void gather(CallId call, bool now);
    void take_results(link::Frame const& frame);
    void pass_results(link::Frame const& frame);
    void distrust(Address worker);
    void member_up(link::Frame const& frame);
    void member_down(link::Frame const& frame);
    void member_missing(link::Frame const& frame);
    void pass_status_query(link::StatusRound round);
    void break_pool(link::MemberState const& state, std::span<std::byte const> error);
    void members_ended(Rank host);
    void bring_up(Member id, Address address);
    void lose(link::MemberState const& state, std::string places);
    [[nodiscard]] bool has_results_on_way(Member member) const;
    void settle_late_losses();
    void take_loss(link::MemberState const& state);
    void take_back(link::Recall const& recalled);

    void decide();
    void carry_out(schedule::Assign const& assign);
    void carry_out(schedule::Recall const& recall);
    void carry_out(schedule::Retire const& retire);
    void carry_out(schedule::Fail const& fail);
    void inform(MemberRecord& member, CallId call);
    using Give =
        std::function<void(link::KindOf<link::Batch>, link::Batch const&, std::span<std::byte const>)>;
    void hand_over(CallId call, schedule::Assign const& range, std::uint32_t last, Give const& give);
    void free_finished(CallId call);
    [[nodiscard]] Rank host_of(std::size_t member) const {
        return Rank{static_cast<std::int32_t>(member % static_cast<std::size_t>(ranks_))};
    }
    /// Throws Nonsense where there is no such member.
    MemberRecord& at(Member member) {
        if (member.value >= members_.size()) link::refuse("a member that the pool has not");
        return members_[member.value];
    }

    template <class Head>
    void send(std::type_identity_t<link::KindOf<Head>> kind, Address to, CallId call, Head const& head,
              std::span<std::byte const> body = {}) {
        outbox_.send(kind, to, pool_, call, head, body);
    }

    Outbox& outbox_;
    Exchange& exchange_;
    int ranks_;
    PoolId pool_;
    link::PoolTerms terms_;
    Buffer initializer_;
    schedule::Scheduler scheduler_;
    /// A member's end that is known before its results are here, where it crashed, and who has come in its
    /// place.
    struct LateLoss {
        link::MemberState state;
        std::string places;
        std::optional<Address> successor;
    };
    std::map<Member, LateLoss> late_losses_;
    std::vector<MemberRecord> members_;  ///< also those that are left over from a larger pool
    std::map<CallId, CallRecord> calls_;
    std::map<CallId, std::map<std::uint64_t, std::uint32_t>> crashes_;
    std::set<CallId> withdrawing_;   ///< that the owner wants back, if none of it has begun
    std::vector<CallId> unsettled_;  ///< whose tasks have come and are not told to the scheduler
    std::set<Rank> hosts_;           ///< ranks that have members
    std::set<Rank> resting_;         ///< of these, those whose members get nothing
    std::optional<Clock::time_point> next_look_;
    bool ending_ = false;
    bool over_ = false;
    bool is_smaller_ = false;  ///< which has been told
};

}  // namespace rankpool::supervisor
