// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/link/link.hpp"
#include "rankpool/protocol/frame.hpp"

/// A pool's roll call: its owner asks what each member is doing now.
namespace rankpool::link {

/// roll_called and roll_passed.
struct RollRound {
    std::uint64_t round = 0;
    std::uint32_t hosts = 0;  ///< roll_passed: ranks that are asked
    std::uint32_t reserved = 0;
};

/// roll_answered; `count` MemberDoings follow.
struct RollAnswer {
    std::uint64_t round = 0;
    std::uint32_t hosts = 0;  ///< ranks that have been asked
    std::uint32_t count = 0;
    std::uint32_t last = 0;  ///< 1: the rank has no more members
    std::uint32_t reserved = 0;
};

/// What a living member is doing.
struct MemberDoing {
    Member member;
    Doing doing = Doing::nothing;
    std::int32_t pid = 0;
    CallId call{};            ///< of the task it is at
    std::uint64_t task = 0;   ///< its index
    std::int64_t for_ns = 0;  ///< since it began
};

/// So many fit into a frame.
inline constexpr std::size_t most_doings = (largest_payload - sizeof(RollAnswer)) / sizeof(MemberDoing);

}  // namespace rankpool::link
