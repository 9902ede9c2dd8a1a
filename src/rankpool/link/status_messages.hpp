// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/link/link.hpp"
#include "rankpool/protocol/frame.hpp"
#include "rankpool/protocol/messages.hpp"

/// What follows a StatusAnswer: the owner of a pool has asked what each member is doing now.
namespace rankpool::link {

/// What a living member is doing.
struct MemberActivity {
    Member member;
    Activity activity = Activity::nothing;
    std::int32_t pid = 0;
    CallId call{};            ///< of the task it is at
    std::uint64_t task = 0;   ///< its index
    std::int64_t for_ns = 0;  ///< since it began
};

/// So many fit into a frame.
inline constexpr std::size_t most_activities =
    (largest_payload - sizeof(StatusAnswer)) / sizeof(MemberActivity);

}  // namespace rankpool::link
