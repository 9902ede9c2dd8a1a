// SPDX-License-Identifier: MIT
// What a pool's home sends to its members: batches, what it takes back of them, ends.
#include "rankpool/service/pool_service.hpp"

#include <algorithm>
#include <utility>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;
using link::supervisor_of;

/// Bytes of records in one frame.
constexpr std::size_t most_records = link::largest_payload - sizeof(link::Batch);
/// A member may be without work for so long before others' is taken back for it: for most batches of short
/// tasks that is never.
constexpr std::chrono::milliseconds wait_before_recall{1};

}  // namespace

void PoolService::decide() {
    if (!late_losses_.empty()) settle_late_losses();
    while (auto const decision = scheduler_.next()) {
        std::visit([this](auto const& what) { carry_out(what); }, *decision);
    }
    if (!scheduler_.may_recall()) {
        next_look_.reset();
    } else if (!next_look_) {
        next_look_ = Clock::now() + wait_before_recall;
    }
    if (!withdrawing_.empty()) answer_withdrawals();
}

void PoolService::look(Clock::time_point now) {
    if (!next_look_ || now < *next_look_) return;
    next_look_.reset();
    scheduler_.members_wait();
    decide();
}

void PoolService::take_back(link::Recall const& recalled) {
    MemberRecord const& member = at(recalled.member);
    if (!member.up || member.address != recalled.address) return;
    scheduler_.tasks_recalled(recalled.member, {recalled.allotment, recalled.number}, recalled.first,
                              recalled.count, recalled.shares);
    decide();
}

void PoolService::carry_out(schedule::Assign const& assign) {
    CallRecord& call = calls_.at(assign.call);
    MemberRecord& member = at(assign.member);
    inform(member, assign.call);
    bool const is_fixed = (call.terms.flags & link::call_is_fixed) != 0;
    if (is_fixed) ++call.lasts_out[assign.member];
    hand_over(
        assign.call, assign, is_fixed ? 1 : 0,
        [&](link::KindOf<link::Batch> kind, link::Batch const& batch, std::span<std::byte const> records) {
            send(kind, member.address, assign.call, batch, records);
        });
}

/// Calls `give(kind, batch, records)` for the pieces of a range of tasks that lie in one parcel each.
void PoolService::hand_over(CallId id, schedule::Assign const& range, std::uint32_t last, Give const& give) {
    CallRecord& call = calls_.at(id);
    link::Batch batch{
        .first = range.first, .count = 0, .crashes = 0, .oldest = calls_.begin()->first, .last = 0};
    if (auto const crashed = crashes_.find(id); crashed != crashes_.end()) {
        if (auto const task = crashed->second.find(range.first); task != crashed->second.end()) {
            batch.crashes = task->second;
        }
    }
    batch.allotment = range.ticket.place;
    batch.number = range.ticket.number;
    if (range.ticket.number != 0) batch.whole = static_cast<std::uint32_t>(range.count);
    for (std::uint64_t const end = range.first + range.count; batch.first < end;) {
        batch.offset = batch.whole == 0 ? 0 : static_cast<std::uint32_t>(batch.first - range.first);
        Parcels::Slice const slice = call.parcels.slice(batch.first, end - batch.first);
        batch.count = static_cast<std::uint32_t>(slice.count);
        batch.last = batch.first + slice.count == end ? last : 0;
        link::KindOf<link::Batch> const held = FrameKind::batch_held;
        link::KindOf<link::Batch> const here = FrameKind::batch;
        auto const kind = slice.records.empty() ? held : here;
        auto records = slice.records;
        for (; records.size() > most_records; records = records.subspan(most_records)) {
            batch.more = records.size() - most_records;
            give(kind, batch, records.first(most_records));
        }
        batch.more = 0;
        give(kind, batch, records);
        batch.first += slice.count;
    }
}

void PoolService::inform(MemberRecord& member, CallId call) {
    if (!member.informed.insert(call).second) return;
    CallRecord const& record = calls_.at(call);
    send(FrameKind::call_info, member.address, call, record.terms, record.bound.bytes());
}

void PoolService::carry_out(schedule::Recall const& recall) {
    MemberRecord const& member = at(recall.member);
    link::Recall const terms{.member = recall.member,
                             .address = member.address,
                             .first = recall.first,
                             .count = static_cast<std::uint32_t>(recall.count),
                             .shares = static_cast<std::uint32_t>(recall.shares),
                             .allotment = recall.ticket.place,
                             .number = recall.ticket.number};
    send(FrameKind::recall, supervisor_of(member.address.rank), recall.call, terms);
}

void PoolService::carry_out(schedule::Retire const& retire) {
    send(FrameKind::retire, at(retire.member).address, {}, link::PoolEnd{});
}

void PoolService::carry_out(schedule::Fail const& fail) {
    MemberRecord const& member = at(fail.member);
    link::MemberState const& loss = member.loss;
    link::TaskLost const lost{.task = fail.task,
                              .cause = loss.cause,
                              .wait_status = loss.wait_status,
                              .rank = loss.address.rank,
                              .crashes = static_cast<std::uint32_t>(fail.crashes),
                              .ran_ns = loss.ran_ns,
                              .pid = loss.pid};
    send(FrameKind::task_lost, terms_.owner, fail.call, lost, std::as_bytes(std::span{member.places}));
    free_finished(fail.call);
}

}  // namespace rankpool::supervisor
