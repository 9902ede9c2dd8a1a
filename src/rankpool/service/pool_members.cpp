// SPDX-License-Identifier: MIT
// How a pool's members come and go, as its home hears of it.
#include "rankpool/core/error.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/service/pool_service.hpp"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;

/// A member whose processes end this often in a row before they are ready never will be.
constexpr int most_early_deaths = 3;

}  // namespace

void PoolService::member_up(link::Frame const& frame) {
    Member const member = frame.head<FrameKind::member_up>().member;
    if (auto const late = late_losses_.find(member); late != late_losses_.end()) {
        late->second.successor = frame.header.from;
        return;
    }
    bring_up(member, frame.header.from);
}

void PoolService::bring_up(Member id, Address address) {
    MemberRecord& member = at(id);
    if (member.up) link::refuse("a member that is there already");
    member.address = address;
    member.up = true;
    member.is_senseless = false;
    member.early_deaths = 0;
    scheduler_.member_up(id);
    for (auto const& [call, record] : calls_) place_if_complete(call);
    decide();
}

void PoolService::member_down(link::Frame const& frame) {
    auto const state = frame.head<FrameKind::member_down>();
    MemberRecord& member = at(state.member);
    send(FrameKind::worker_gone, terms_.owner, {}, state);
    auto const late = late_losses_.find(state.member);
    bool const is_late = late != late_losses_.end();
    // One that has been ready in the meantime has got nothing yet.
    if (is_late && std::exchange(late->second.successor, std::nullopt)) return;
    if (!member.up || is_late) {
        if (++member.early_deaths < most_early_deaths || ending_) return;
        std::string const why = "rankpool::WorkerLost" + std::string(1, '\0') +
                                "a worker of the pool could not start (it " +
                                describe_wait_status(state.wait_status) + " before it was ready, " +
                                std::to_string(most_early_deaths) + " times in a row)";
        return break_pool(state, std::as_bytes(std::span{why}));
    }
    auto const bytes = frame.tail<FrameKind::member_down>();
    std::string places{reinterpret_cast<char const*>(bytes.data()), bytes.size()};
    if (has_results_on_way(state.member)) {
        late_losses_[state.member] = {state, std::move(places), std::nullopt};
    } else {
        lose(state, std::move(places));
    }
}

void PoolService::lose(link::MemberState const& state, std::string places) {
    take_loss(state);
    at(state.member).places = std::move(places);
    decide();
    for (auto const& [call, record] : calls_) gather(call, false);
}

/// True where all that the member has is in a gather that has begun: news of its end, a message, can be
/// faster.
bool PoolService::has_results_on_way(Member member) const {
    auto const oldest = scheduler_.oldest_of(member);
    auto const call = oldest ? calls_.find(oldest->call) : calls_.end();
    if (call == calls_.end() || members_[member.value].is_senseless) return false;
    CallRecord const& record = call->second;
    return (record.terms.flags & link::call_is_fixed) != 0 && !record.lasts_out.contains(member);
}

/// Members whose end came before their results, which have come since.
void PoolService::settle_late_losses() {
    for (;;) {
        auto const next = std::find_if(late_losses_.begin(), late_losses_.end(),
                                       [&](auto const& late) { return !has_results_on_way(late.first); });
        if (next == late_losses_.end()) return;
        auto [state, places, successor] = std::move(next->second);
        late_losses_.erase(next);
        lose(state, std::move(places));
        if (successor) bring_up(state.member, *successor);
    }
}

/// No process can be had for the member: the pool goes on without it, as long as it has another.
void PoolService::member_missing(link::Frame const& frame) {
    auto const state = frame.head<FrameKind::member_missing>();
    auto const words = frame.tail<FrameKind::member_missing>();
    std::string const cause{reinterpret_cast<char const*>(words.data()), words.size()};
    at(state.member).is_lost = true;
    std::span<MemberRecord const> const wanted = std::span{members_}.first(terms_.size);
    bool const is_any_left =
        std::any_of(wanted.begin(), wanted.end(), [](MemberRecord const& member) { return !member.is_lost; });
    if (!is_any_left) {
        std::string const why = "rankpool::StoppedFromOutside" + std::string(1, '\0') +
                                "cannot start a worker of the pool (" + cause +
                                "). Is the pool too large for this machine's limits?";
        return break_pool(state, std::as_bytes(std::span{why}));
    }
    if (!std::exchange(is_smaller_, true)) {
        say("a pool goes on with fewer workers (rank " + std::to_string(state.address.rank.value) +
            " cannot start one more: " + cause + ")");
    }
    if (!resting_.empty()) wake_if_alone();
    for (auto const& [call, record] : calls_) place_if_complete(call);
    decide();
}

/// The member's process is gone: what it had goes to others, but for what it has been running too often.
void PoolService::take_loss(link::MemberState const& state) {
    MemberRecord& member = at(state.member);
    member.up = false;
    member.informed.clear();
    member.loss = state;
    member.places.clear();
    std::optional<schedule::TaskId> running;
    if (state.was_running == link::was_running_something) {
        running = scheduler_.oldest_of(state.member);
    } else if (state.was_running != 0) {
        running = schedule::TaskId{state.call, state.task};
    }
    if (running && state.cause == EndCause::crashed) ++crashes_[running->call][running->task];
    scheduler_.member_down(state.member, state.cause, running);
    for (auto& [call, record] : calls_) record.lasts_out.erase(state.member);
}

void PoolService::rank_lost(Rank rank) {
    if (!hosts_.contains(rank)) return;
    for (std::uint32_t m = 0; m < members_.size(); ++m) {
        MemberRecord& member = members_[m];
        if (host_of(m) != rank) continue;
        link::MemberState state;
        state.member = Member{m};
        state.address = member.address;
        state.address.rank = rank;
        state.wait_status = SIGKILL;
        if (auto const running = scheduler_.oldest_of(state.member)) {
            state.was_running = 1;
            state.call = running->call;
            state.task = running->task;
        }
        send(FrameKind::worker_gone, terms_.owner, {}, state);
        late_losses_.erase(state.member);
        take_loss(state);
        member.is_lost = true;
    }
    for (auto const& [call, record] : calls_) place_if_complete(call);
    if (!resting_.empty()) wake_if_alone();
    decide();
    members_ended(rank);
}

}  // namespace rankpool::supervisor
