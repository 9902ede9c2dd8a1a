// SPDX-License-Identifier: MIT
#include "rankpool/pool/status_query.hpp"

#include "rankpool/protocol/heads.hpp"

#include <cstring>

namespace rankpool::pool {

link::StatusRound StatusQuery::ask() {
    present_.clear();
    answered_ = 0;
    return {.round = ++round_};
}

void StatusQuery::take(link::Frame const& frame) {
    auto const answer = frame.head<link::FrameKind::status_answered>();
    if (answer.round != round_) return;
    hosts_ = answer.hosts;  // some may be lost
    auto bytes = frame.tail<link::FrameKind::status_answered>();
    auto const now = Clock::now();
    for (std::uint32_t i = 0; i < answer.count; ++i) {
        Presence presence{.rank = frame.header.from.rank, .what = {}, .since = {}};
        std::memcpy(&presence.what, bytes.data(), sizeof presence.what);
        presence.since = now - std::chrono::nanoseconds{presence.what.for_ns};
        present_.push_back(presence);
        bytes = bytes.subspan(sizeof presence.what);
    }
    if (answer.last != 0) ++answered_;
}

}  // namespace rankpool::pool
