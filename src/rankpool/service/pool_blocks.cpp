// SPDX-License-Identifier: MIT
// A pool's calls with a fixed schedule, at its home.
#include "rankpool/service/pool_service.hpp"

#include <algorithm>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;

void append(std::vector<std::byte>& frames, link::FrameHeader header, std::span<std::byte const> head,
            std::span<std::byte const> body) {
    header.size = static_cast<std::uint32_t>(head.size() + body.size());
    for (auto const part : {link::bytes_of(header), head, body}) {
        frames.insert(frames.end(), part.begin(), part.end());
    }
}

}  // namespace

void PoolService::place_if_complete(CallId id) {
    CallRecord const& call = calls_.at(id);
    bool const is_fixed = (call.terms.flags & link::call_is_fixed) != 0;
    if (!is_fixed || call.is_placed || call.open_count < call.terms.total) return;
    auto const is_settled = [](MemberRecord const& member) { return member.up || member.is_lost; };
    std::span<MemberRecord const> const wanted = std::span{members_}.first(terms_.size);
    if (std::all_of(wanted.begin(), wanted.end(), is_settled)) place_blocks(id);
}

/// Cuts the tasks into one block for each member, equal to within one task, and scatters them.
void PoolService::place_blocks(CallId id) {
    CallRecord& call = calls_.at(id);
    call.is_placed = true;
    std::vector<std::vector<std::byte>> pieces(static_cast<std::size_t>(ranks_));
    std::uint64_t const total = call.terms.total;
    std::uint64_t first = 0;
    for (std::uint32_t m = 0; m < terms_.size; ++m) {
        MemberRecord& member = members_[m];
        std::uint64_t const count = total / terms_.size + (m < total % terms_.size ? 1 : 0);
        if (count == 0) break;
        scheduler_.tasks_placed(id, Member{m}, count);
        first += count;
        // What was to be a lost member's is handed out like any other work.
        if (member.is_lost) continue;
        auto& frames = pieces[static_cast<std::size_t>(member.address.rank.value)];
        auto const add = [&]<class Head>(std::type_identity_t<link::KindOf<Head>> kind, Head const& head,
                                         std::span<std::byte const> body) {
            append(frames, link::header_of(kind, member.address, link::supervisor_of(terms_.home), pool_, id),
                   link::bytes_of(head), body);
        };
        // The member may have heard of the call by message, which can come before this or after it.
        add(FrameKind::call_info, call.terms, call.bound.bytes());
        hand_over(id, {id, Member{m}, first - count, count}, 1,
                  [&](link::KindOf<link::Batch> kind, link::Batch const& batch,
                      std::span<std::byte const> records) { add(kind, batch, records); });
        ++call.lasts_out[Member{m}];
    }
    exchange_.scatter(pool_, id, std::move(pieces));
}

void PoolService::results_at_hand(link::Frame const& frame) {
    auto const ready = frame.head<FrameKind::gather_ready>();
    (void)at(ready.member);
    auto const call = calls_.find(frame.header.call);
    // Nobody wants them any more, but their members are to be free of them.
    if (call == calls_.end()) return exchange_.gather(pool_, frame.header.call);
    auto const out = call->second.lasts_out.find(ready.member);
    if (out != call->second.lasts_out.end() && (out->second -= std::min(out->second, ready.lasts)) == 0) {
        call->second.lasts_out.erase(out);
    }
    gather(call->first, ready.full != 0);
}

/// Gathers when all results are at hand, or `now`.
void PoolService::gather(CallId id, bool now) {
    CallRecord& call = calls_.at(id);
    bool const is_due = call.is_placed && call.lasts_out.empty() && scheduler_.unfinished(id) > 0;
    if (now || is_due) exchange_.gather(pool_, id);
}

}  // namespace rankpool::supervisor
