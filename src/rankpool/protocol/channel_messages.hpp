// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/shared_ring/channel_memory.hpp"

/// The plain structs that the payloads of channel frames begin with.
namespace rankpool::link {

/// In place of a pool in the headers of channel frames.
inline constexpr PoolId channel_pool{~std::uint64_t{1}};

/// A queue or pipe of the whole job: its home, the rank it was made on, and a count there.
struct ChannelId {
    Rank home;
    std::uint32_t number = 0;

    friend constexpr auto operator<=>(ChannelId const&, ChannelId const&) = default;
};

/// What is counted: a queue has the end 0; a pipe has two, of which end i puts into ring i and takes from the
/// other.
struct ChannelEnd {
    ChannelId channel;
    std::uint32_t end = 0;

    friend constexpr auto operator<=>(ChannelEnd const&, ChannelEnd const&) = default;
};

/// An end that is on its way in an item or a result, and counts as held meanwhile.
struct InFlightId {
    Address sender;
    std::uint64_t number = 0;  ///< 0: none

    friend constexpr auto operator<=>(InFlightId const&, InFlightId const&) = default;
};

/// channel_claim: the sender holds the end from now on, which has come with the id. channel_drop: it
/// does no longer, and waits for channel_dropped if `is_awaited`. channel_depart: the end is on its way,
/// inside `carrier` if that has a number. channel_return: it will not arrive.
struct EndChange {
    ChannelEnd end;
    InFlightId in_flight;
    ChannelId carrier;
    std::uint32_t is_awaited = 0;
};

/// carrier_noted: a channel holds items with ends whose home is `home`, which is to be told when it does no
/// longer, by carrier_gone.
struct Carrier {
    ChannelId channel;
    Rank home;
};

/// channel_here: the answer to channel_make and channel_claim.
struct ChannelPlace {
    ChannelEnd end;
    std::uint32_t exists = 0;
    std::int32_t pid = 0;  ///< the process and descriptor to open its memory by; 0: it is on another node
    std::int32_t fd = 0;
    Secret secret{};  ///< which that memory shows
};

/// What a process of another node asks of a ring.
enum class Ask : std::uint32_t {
    put,
    take,
    take_more,
    count_done,
    state,      ///< how many items and the like, answered at once
    readable,   ///< answered when something can be taken
    finished,   ///< answered when all items are done
    leave_put,  ///< an item that was begun ends here
    leave_take,
    give_up,  ///< the request with this number is to be answered now
};
/// channel_ask; a piece follows where one is put.
struct RingRequest {
    ChannelId channel;
    std::uint32_t ring = 0;
    Ask what{};
    std::uint32_t marks = 0;
    std::uint32_t is_nowait = 0;  ///< of put and take: 1: who asks does not stand in line
    std::uint32_t reserved = 0;
    std::uint64_t number = 0;
};
/// channel_answer; a piece follows where one was taken.
struct RingAnswer {
    std::uint64_t number = 0;
    ChannelRing::Status outcome{};  ///< `wait`: given up
    std::uint32_t is_full = 0;
    std::uint32_t is_readable = 0;
    std::uint64_t size = 0;
    std::uint64_t unfinished = 0;
};

}  // namespace rankpool::link
