// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace rankpool {

/// A number with a meaning: ids of different kinds do not mix.
template <class Kind, class Number>
struct Id {
    Number value{};

    friend constexpr auto operator<=>(Id, Id) = default;
};

/// Position of a process in the world's communicator, from 0.
using Rank = Id<struct RankKind, std::int32_t>;
/// A place for a worker process in its rank's table.
using Slot = Id<struct SlotKind, std::uint32_t>;
/// Counts the processes that have held a slot, so that a successor is never taken for its predecessor.
using Generation = Id<struct GenerationKind, std::uint32_t>;
/// One worker process of the whole job; trivially copyable, travels as it is.
struct Address {
    Rank rank;
    Slot slot;
    Generation generation;

    friend constexpr auto operator<=>(Address const&, Address const&) = default;
};
/// A pool among all those whose owners are on one rank: the owner's slot and generation, and a count.
using PoolId = Id<struct PoolKind, std::uint64_t>;
/// A call of a pool, such as one map, from 0.
using CallId = Id<struct CallKind, std::uint32_t>;
/// A worker's place in its pool, from 0 to size - 1; its processes change, the number stays.
using Member = Id<struct MemberKind, std::uint32_t>;
/// Position of a callable in the table that every process of the program has.
using FunctionId = Id<struct FunctionKind, std::uint32_t>;

}  // namespace rankpool

template <class Kind, class Number>
struct std::hash<rankpool::Id<Kind, Number>> {
    std::size_t operator()(rankpool::Id<Kind, Number> id) const noexcept {
        return std::hash<Number>{}(id.value);
    }
};
