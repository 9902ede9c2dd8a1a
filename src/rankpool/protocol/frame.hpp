// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"
#include "rankpool/protocol/nonsense.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace rankpool::link {

/// What a frame says. Who sends it to whom stands in README.md, what its payload begins with in heads.hpp.
enum class FrameKind : std::uint16_t {
    welcome,
    serve,
    shutdown,
    heartbeat,
    rank_lost,
    nonsense_sent,
    pool_open,
    pool_close,
    pool_closed,
    pool_resize,
    pool_rest,
    pool_broken,
    members_start,
    members_resize,
    members_end,
    members_ended,
    member_up,
    member_down,
    member_unfit,
    member_missing,
    call_open,
    call_close,
    call_withdraw,
    call_withdrawn,
    call_drop,
    tasks,
    tasks_held,
    credit,
    call_info,
    batch,
    batch_held,
    recall,
    recalled,
    retire,
    results,
    block_results,
    task_lost,
    worker_gone,
    status_asked,
    status_passed,
    status_answered,
    input_wanted,
    result_offered,
    result_granted,
    part,
    part_last,
    part_broken,
    part_lent,
    part_returned,
    acknowledged,
    blob_open,
    blob_bytes,
    blob_close,
    blob_closed,
    blob_requested,
    blob_announced,
    blob_pulled,
    blob_piece,
    blob_placed,
    blob_wanted,
    blob_sought,
    blob_ended,
    blob_read,
    blob_copied,
    blob_here,
    blob_gone,
    exchange_requested,
    exchange_announced,
    gather_ready,
    channel_make,
    channel_claim,
    channel_drop,
    channel_dropped,
    channel_depart,
    channel_return,
    channel_here,
    holder_gone,
    carrier_noted,
    carrier_gone,
    channel_ask,
    channel_answer,
    shared_make,
    shared_ask,
    shared_answer,
    shared_probe,
    process_start,
    process_place,
    process_spawn,
    process_serve,
    process_born,
    process_unborn,
    process_began,
    process_ended,
    process_left,
    process_signal,
    arguments_wanted,
    parent_gone,
};
inline constexpr FrameKind last_kind = FrameKind::parent_gone;

/// `Type` is the struct that payloads of a kind begin with; in heads.hpp, as is KindOf.
template <FrameKind kind>
struct HeadOf;
template <class Head>
class KindOf;

/// The supervisor of a rank, where a worker's slot would stand.
inline constexpr Slot supervisor_slot{0xffffffffU};

inline constexpr Address supervisor_of(Rank rank) {
    return Address{rank, supervisor_slot, Generation{0}};
}

/// Head of everything that travels between a worker and its supervisor, and between supervisors.
struct FrameHeader {
    std::uint32_t size = 0;  ///< bytes of payload that follow
    FrameKind kind{};
    std::uint16_t reserved = 0;
    Address to;
    Address from;
    PoolId pool;
    CallId call;
    std::uint32_t reserved_too = 0;
};
static_assert(sizeof(FrameHeader) == 48);

/// A header whose size is filled in when the payload is known.
constexpr FrameHeader header_of(FrameKind kind, Address to, Address from, PoolId pool = {},
                                CallId call = {}) {
    return FrameHeader{0, kind, 0, to, from, pool, call, 0};
}

/// A payload's bytes before the header's size is known: no frame is larger than this, header included.
inline constexpr std::size_t largest_frame = 256 * 1024;
inline constexpr std::size_t largest_payload = largest_frame - sizeof(FrameHeader);

/// A frame where it lies: in a ring or in a buffer.
struct Frame {
    FrameHeader header;
    std::span<std::byte const> payload;

    /// What the payload of a frame of that kind, or one of those kinds, begins with. Refuses a frame of
    /// another kind, and one that is shorter.
    template <FrameKind... kinds>
    [[nodiscard]] auto head() const {
        Head<kinds...> head;
        require<kinds...>();
        std::memcpy(&head, payload.data(), sizeof head);
        return head;
    }
    /// What follows that.
    template <FrameKind... kinds>
    [[nodiscard]] std::span<std::byte const> tail() const {
        require<kinds...>();
        return payload.subspan(sizeof(Head<kinds...>));
    }

  private:
    template <FrameKind first, FrameKind... others>
    struct OneHead {
        using Type = typename HeadOf<first>::Type;
        static_assert((std::is_same_v<Type, typename HeadOf<others>::Type> && ...),
                      "rankpool: frames of these kinds begin with different structs");
    };
    template <FrameKind... kinds>
    using Head = typename OneHead<kinds...>::Type;

    template <FrameKind... kinds>
    void require() const {
        if (((header.kind != kinds) && ...)) refuse("a frame of another kind than its reader's");
        if (payload.size() < sizeof(Head<kinds...>)) refuse("a frame that is too short for its kind");
    }
};

/// The bytes of a plain struct, to send them.
template <class Plain>
std::span<std::byte const> bytes_of(Plain const& plain) {
    return std::as_bytes(std::span{&plain, 1});
}

}  // namespace rankpool::link
