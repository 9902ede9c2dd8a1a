// SPDX-License-Identifier: MIT
#include "rankpool/service/pool_service.hpp"

#include "rankpool/rank/frame_rules.hpp"

#include <algorithm>
#include <utility>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;
using link::supervisor_of;

/// Of an input that comes in several frames.
constexpr std::uint64_t largest_record = 128 * 1024 * 1024;

}  // namespace

PoolService::PoolService(Outbox& outbox, Exchange& exchange, int ranks, PoolId pool,
                         link::PoolTerms const& terms, std::span<std::byte const> initializer)
    : outbox_(outbox),
      exchange_(exchange),
      ranks_(ranks),
      pool_(pool),
      terms_(terms),
      initializer_(initializer),
      scheduler_(
          {.size = terms.size, .maxtasksperchild = terms.maxtasksperchild, .crash_limit = terms.crash_limit}),
      members_(terms.size) {
    start_members(0);
}

/// Starts the members from that one on, on hosts that have none yet.
void PoolService::start_members(std::uint64_t from) {
    std::set<Rank> added;
    for (std::uint64_t m = from; m < terms_.size; ++m) {
        if (hosts_.insert(host_of(m)).second) added.insert(host_of(m));
    }
    for (Rank const host : added) {
        send(FrameKind::members_start, supervisor_of(host), {}, terms_, initializer_.bytes());
    }
    for (Rank const host : added) {
        if (outbox_.is_lost(host)) rank_lost(host);
    }
}

/// New members are started, surplus ones retired when they have done what they have.
void PoolService::resize(std::uint64_t size) {
    if (size == 0 || size > link::most_members) link::refuse("a pool of a size that cannot be");
    if (ending_) return;
    std::uint64_t const before = std::exchange(terms_.size, size);
    if (members_.size() < size) members_.resize(size);
    scheduler_.resize(size);
    for (Rank const host : hosts_) {
        send(FrameKind::members_resize, supervisor_of(host), {}, link::PoolSize{size});
    }
    for (Rank const rank : std::set(resting_)) rest(rank);
    start_members(std::min(before, size));
    for (auto const& [call, record] : calls_) place_if_complete(call);
    decide();
}

/// Nothing more is given to members of a rank.
void PoolService::rest(Rank rank) {
    if (ending_ || !hosts_.contains(rank)) return;
    resting_.insert(rank);
    for (std::uint32_t m = 0; m < members_.size(); ++m) {
        if (host_of(m) == rank) scheduler_.member_rests(Member{m});
    }
    wake_if_alone();
    decide();
}

/// Those that rest work again where there are no others.
void PoolService::wake_if_alone() {
    for (std::uint32_t m = 0; m < terms_.size; ++m) {
        if (!members_[m].is_lost && !resting_.contains(host_of(m))) return;
    }
    resting_.clear();
    for (std::uint32_t m = 0; m < members_.size(); ++m) scheduler_.member_wakes(Member{m});
}

void PoolService::on_frame(link::Frame const& frame) {
    switch (frame.header.kind) {
        case FrameKind::call_open:
            return open_call(frame);
        case FrameKind::tasks:
        case FrameKind::tasks_held:
            return add_tasks(frame);
        case FrameKind::call_close:
            close_call(frame.header.call);
            if (frame.head<FrameKind::call_close>().ending == link::Ending::at_once)
                drop_call(frame.header.call);
            return;
        case FrameKind::call_withdraw:
            return withdraw_call(frame.header.call);
        case FrameKind::results:
            return take_results(frame);
        case FrameKind::gather_ready:
            return results_at_hand(frame);
        case FrameKind::recalled:
            return take_back(frame.head<FrameKind::recalled>());
        case FrameKind::member_up:
            return member_up(frame);
        case FrameKind::member_down:
            return member_down(frame);
        case FrameKind::member_missing:
            return member_missing(frame);
        case FrameKind::member_unfit:
            return break_pool(frame.head<FrameKind::member_unfit>(), frame.tail<FrameKind::member_unfit>());
        case FrameKind::status_asked:
            return pass_status_query(frame.head<FrameKind::status_asked>());
        case FrameKind::members_ended:
            return members_ended(frame.header.from.rank);
        case FrameKind::pool_resize:
            return resize(frame.head<FrameKind::pool_resize>().size);
        case FrameKind::pool_rest:
            return rest(frame.head<FrameKind::pool_rest>().rank);
        case FrameKind::pool_close:
            return end(frame.head<FrameKind::pool_close>().ending);
        default:
            link::refuse("a supervisor got a frame for a pool that it does not know of");
    }
}

void PoolService::open_call(link::Frame const& frame) {
    auto const terms = frame.head<FrameKind::call_open>();
    CallRecord& call = calls_[frame.header.call];
    call.terms = terms;
    call.bound = Buffer{frame.tail<FrameKind::call_open>()};
    bool const is_fixed = (terms.flags & link::call_is_fixed) != 0;
    scheduler_.call_opened(frame.header.call,
                           {.chunksize = terms.chunksize, .priority = terms.priority, .is_fixed = is_fixed});
}

void PoolService::add_tasks(link::Frame const& frame) {
    auto const call = calls_.find(frame.header.call);
    if (call == calls_.end()) return;
    auto const tasks = frame.head<FrameKind::tasks, FrameKind::tasks_held>();
    auto const records = frame.tail<FrameKind::tasks, FrameKind::tasks_held>();
    bool const are_here = frame.header.kind == FrameKind::tasks;
    bool const is_piece = tasks.more > 0 || !call->second.large.empty();
    if (is_piece && (!are_here || tasks.count != 1 || tasks.more > largest_record)) {
        link::refuse("a piece of something other than one task");
    }
    if (!is_piece) require_records(records, are_here ? tasks.count : 0);
    if (!are_here && tasks.count > 1) link::refuse("more than one task whose value is kept");
    CallRecord& record = call->second;
    add_records(record, tasks, records);
    if (tasks.more > 0) return;
    record.open_count += tasks.count;
    if ((record.terms.flags & link::call_is_fixed) != 0) return place_if_complete(call->first);
    std::uint64_t const chunk = std::max<std::uint64_t>(1, record.terms.chunksize);
    std::uint64_t const begun = tasks.open != 0 ? (tasks.first + tasks.count) % chunk : 0;
    if (begun >= record.open_count) return;
    // Frames seldom end where a chunk does: what stands before the one that has been begun is whole.
    std::uint64_t const whole = record.open_count - begun;
    std::uint64_t const bytes = record.open_bytes / record.open_count * whole;
    record.whole_count += whole;
    record.whole_bytes += bytes;
    record.open_count = begun;
    record.open_bytes -= bytes;
    if (unsettled_.empty() || unsettled_.back() != call->first) unsettled_.push_back(call->first);
}

void PoolService::add_records(CallRecord& call, link::Tasks const& tasks,
                              std::span<std::byte const> records) {
    call.open_bytes += records.size();
    if (tasks.more == 0 && call.large.empty()) {
        if (tasks.count > 0) call.parcels.add(tasks.count, records);
        return;
    }
    if (call.large.empty()) call.large.reserve(records.size() + tasks.more);
    call.large.insert(call.large.end(), records.begin(), records.end());
    if (tasks.more > 0) return;
    require_records(call.large, 1);
    call.parcels.add(std::exchange(call.large, {}));
}

/// What comes in many small frames is one parcel for the scheduler.
bool PoolService::settle() {
    if (unsettled_.empty()) return false;
    for (CallId const id : std::exchange(unsettled_, {})) {
        auto const call = calls_.find(id);
        if (call == calls_.end()) continue;
        CallRecord& record = call->second;
        std::uint64_t const count = std::exchange(record.whole_count, 0);
        std::uint64_t const bytes = std::exchange(record.whole_bytes, 0);
        if (count > 0) scheduler_.tasks_added(id, count, bytes);
    }
    decide();
    return true;
}

void PoolService::close_call(CallId call) {
    // What some members of a fixed schedule have ready would else be fetched with what others still compute.
    if (auto const record = calls_.find(call); record != calls_.end() && record->second.is_placed)
        gather(call, scheduler_.unfinished(call) > 0);
    scheduler_.call_cancelled(call);
    scheduler_.call_closed(call);
    calls_.erase(call);
    withdrawing_.erase(call);
    crashes_.erase(call);
    for (MemberRecord& member : members_) member.informed.erase(call);
    decide();
}

/// Ends what has been handed out of it, and the members that are at it.
void PoolService::drop_call(CallId call) {
    for (Rank const host : hosts_) send(FrameKind::call_drop, supervisor_of(host), call, link::PoolEnd{});
}

/// Closes the call unless some of it has begun; the owner hears which when that is known.
void PoolService::withdraw_call(CallId call) {
    if (calls_.contains(call)) {
        scheduler_.recall_call(call);
        withdrawing_.insert(call);
        decide();
    } else {
        send(FrameKind::call_withdrawn, terms_.owner, call, link::Withdrawal{0});
    }
}

void PoolService::answer_withdrawals() {
    auto const asked = withdrawing_;
    for (CallId const call : asked) {
        auto const has_come_back = scheduler_.has_come_back(call);
        if (!has_come_back || withdrawing_.erase(call) == 0) continue;
        if (*has_come_back) {
            close_call(call);
        } else {
            scheduler_.resume_call(call);
        }
        send(FrameKind::call_withdrawn, terms_.owner, call, link::Withdrawal{*has_come_back ? 1U : 0U});
        decide();
    }
}

void PoolService::take_results(link::Frame const& frame) {
    try {
        pass_results(frame);
    } catch (link::Nonsense const&) {
        distrust(frame.header.from);
        throw;
    }
}

/// Its end, which comes now, is not to wait for its results.
void PoolService::distrust(Address worker) {
    for (MemberRecord& member : members_) member.is_senseless |= member.up && member.address == worker;
    decide();
}

void PoolService::pass_results(link::Frame const& frame) {
    auto const results = frame.head<FrameKind::results>();
    if (at(results.member).address != frame.header.from) link::refuse("results of another member");
    if (auto const call = calls_.find(frame.header.call); call != calls_.end()) {
        bool const is_reduction = (call->second.terms.flags & link::call_is_reduction) != 0;
        require_records(frame.tail<FrameKind::results>(), results.count, is_reduction);
    }
    bool const is_possible = results.first + results.count >= results.first && results.busy_ns >= 0;
    if (!is_possible) link::refuse("results of tasks that cannot be");
    schedule::TaskId const first{frame.header.call, results.first};
    std::uint64_t const held = scheduler_.held_of(results.member, first, results.count);
    // After the loss of a rank some tasks may have been given twice to the same member.
    if (held == 0) return;
    // The owner counts all of them. Others have got them where the member's allotment was written over.
    if (held != results.count) link::refuse("results of tasks that its sender has not got");
    scheduler_.tasks_done(results.member, first, results.count, std::chrono::nanoseconds{results.busy_ns});
    link::FrameHeader header = frame.header;
    header.to = terms_.owner;
    // Work first: the member may be waiting for it.
    decide();
    // What has just been counted: the worker may write over its frame meanwhile.
    outbox_.send(header, link::bytes_of(results), frame.tail<FrameKind::results>());
    free_finished(frame.header.call);
}

void PoolService::free_finished(CallId call) {
    auto const record = calls_.find(call);
    if (record == calls_.end()) return;
    std::uint64_t const freed = record->second.parcels.drop_below(scheduler_.finished_below(call));
    if (freed > 0) send(FrameKind::credit, terms_.owner, call, link::Amount{freed});
}

void PoolService::break_pool(link::MemberState const& state, std::span<std::byte const> error) {
    if (ending_) return;
    send(FrameKind::pool_broken, terms_.owner, {}, state, error);
    end(link::Ending::at_once);
}

void PoolService::end(link::Ending ending) {
    ending_ = true;
    for (Rank const host : hosts_) {
        send(FrameKind::members_end, supervisor_of(host), {}, link::PoolEnd{ending});
    }
}

void PoolService::pass_status_query(link::StatusRound round) {
    round.hosts = static_cast<std::uint32_t>(hosts_.size());
    for (Rank const host : hosts_) send(FrameKind::status_passed, supervisor_of(host), {}, round);
}

void PoolService::members_ended(Rank host) {
    hosts_.erase(host);
    if (!hosts_.empty()) return;
    send(FrameKind::pool_closed, terms_.owner, {}, link::PoolEnd{});
    over_ = true;
}

}  // namespace rankpool::supervisor
