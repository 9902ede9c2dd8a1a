// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"

#include <cstdint>

/// The plain structs that the payloads of frames about processes begin with.
namespace rankpool::link {

/// In place of a pool in the headers of these frames.
inline constexpr PoolId process_pool{~std::uint64_t{2}};

/// Names a process among those its parent has started.
struct ChildId {
    Address parent;
    std::uint64_t number = 0;

    friend constexpr auto operator<=>(ChildId const&, ChildId const&) = default;
};

/// process_start, process_place, process_spawn and process_serve; the name, what has changed of the
/// parent's surroundings, and the arguments follow.
struct ProcessTerms {
    ChildId child;
    Rank where{-1};  ///< -1: the least loaded rank
    std::uint32_t is_daemon = 0;
    FunctionId function;
    std::uint32_t name_bytes = 0;
    std::uint32_t surroundings_bytes = 0;
    std::uint32_t are_streamed = 0;  ///< 1: the arguments come from the parent when the process is there
};

/// process_born, process_unborn, process_began, process_ended, process_left and process_signal; and
/// arguments_wanted, where these are streamed.
struct ProcessNews {
    ChildId child;
    Address address;
    std::int32_t pid = 0;
    std::int32_t status = 0;  ///< ended: from wait; unborn: errno; signal: its number
};

}  // namespace rankpool::link
