// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/frame.hpp"
#include "rankpool/protocol/messages.hpp"
#include "rankpool/protocol/process_messages.hpp"
#include "rankpool/protocol/shared_messages.hpp"

#include <cstddef>
#include <tuple>
#include <type_traits>

/// Which struct the payload of each kind of frame begins with. What reads or sends another does not compile.
namespace rankpool::link {

/// The payload is bytes from its beginning.
struct NoHead {};

/// Frames of these kinds begin with a Head.
template <class Head, FrameKind... kinds>
struct Row {
    using Type = Head;
    static constexpr std::size_t size = std::is_empty_v<Head> ? 0 : sizeof(Head);
    static constexpr bool has(FrameKind kind) { return ((kind == kinds) || ...); }
};

template <class... Rows>
struct HeadTable {
    static constexpr std::size_t rows_with(FrameKind kind) { return (std::size_t{Rows::has(kind)} + ...); }
    /// The place of the row with that kind; behind the last if there is none.
    static constexpr std::size_t row_of(FrameKind kind) {
        std::size_t row = 0;
        (void)((Rows::has(kind) || (++row, false)) || ...);
        return row;
    }
    /// True if each kind has one row.
    static constexpr bool is_whole() {
        for (std::uint16_t kind = 0; kind <= static_cast<std::uint16_t>(last_kind); ++kind) {
            if (rows_with(static_cast<FrameKind>(kind)) != 1) return false;
        }
        return true;
    }
    static constexpr std::size_t size_of(FrameKind kind) {
        return ((Rows::has(kind) ? Rows::size : 0) + ...);
    }
    template <class Head>
    static constexpr bool begins_with(FrameKind kind) {
        return ((std::is_same_v<typename Rows::Type, Head> && Rows::has(kind)) || ...);
    }
    template <FrameKind kind>
    using Head = typename std::tuple_element_t<row_of(kind), std::tuple<Rows...>>::Type;
};

struct HeadRows {
    using enum FrameKind;
    using Table = HeadTable<
        Row<Welcome, welcome>,                     //
        Row<Rank, heartbeat, rank_lost>,           //
        Row<Address, nonsense_sent>,               //
        Row<PoolTerms, pool_open, members_start>,  //
        Row<PoolEnd, shutdown, pool_close, pool_closed, members_end, members_ended, call_close, call_withdraw,
            call_drop, retire>,                                                                            //
        Row<PoolSize, pool_resize, members_resize>,                                                        //
        Row<PoolRest, pool_rest>,                                                                          //
        Row<Serve, serve>,                                                                                 //
        Row<MemberState, member_up, member_down, member_unfit, member_missing, worker_gone, pool_broken>,  //
        Row<CallTerms, call_open, call_info>,                                                              //
        Row<Withdrawal, call_withdrawn>,                                                                   //
        Row<Tasks, tasks, tasks_held>,                                                                     //
        Row<Batch, batch, batch_held>,                                                                     //
        Row<Recall, recall, recalled>,                                                                     //
        Row<Results, results, block_results>,                                                              //
        Row<TaskLost, task_lost>,                                                                          //
        Row<StatusRound, status_asked, status_passed>,                                                     //
        Row<StatusAnswer, status_answered>,                                                                //
        Row<TaskRef, input_wanted, result_offered, result_granted>,                                        //
        Row<NoHead, part, part_last, part_broken, blob_bytes>,                                             //
        Row<Lent, part_lent>,                                                                              //
        Row<Amount, credit, part_returned, acknowledged>,                                                  //
        Row<Blob, blob_open, blob_close, blob_closed, blob_requested, blob_announced, blob_pulled, blob_piece,
            blob_placed, blob_wanted, blob_sought, blob_ended, blob_read, blob_copied, blob_here,
            blob_gone>,                                                                                //
        Row<Turn, exchange_requested, exchange_announced>,                                             //
        Row<GatherReady, gather_ready>,                                                                //
        Row<ChannelTerms, channel_make>,                                                               //
        Row<EndChange, channel_claim, channel_drop, channel_dropped, channel_depart, channel_return>,  //
        Row<ChannelPlace, channel_here>,                                                               //
        Row<HolderGone, holder_gone>,                                                                  //
        Row<Carrier, carrier_noted, carrier_gone>,                                                     //
        Row<RingRequest, channel_ask>,                                                                 //
        Row<RingAnswer, channel_answer>,                                                               //
        Row<ObjectTerms, shared_make>,                                                                 //
        Row<SharedRequest, shared_ask>,                                                                //
        Row<SharedAnswer, shared_answer>,                                                              //
        Row<SharedProbe, shared_probe>,                                                                //
        Row<ProcessTerms, process_start, process_place, process_spawn, process_serve>,                 //
        Row<ProcessNews, process_born, process_unborn, process_began, process_ended, process_left,
            process_signal, arguments_wanted>,  //
        Row<ChildId, parent_gone>>;
};
using Heads = HeadRows::Table;
static_assert(Heads::is_whole(), "rankpool: a kind of frame has no row in heads.hpp, or two");

template <FrameKind kind>
struct HeadOf {
    static_assert(Heads::rows_with(kind) == 1, "rankpool: this kind of frame has no row in heads.hpp");
    using Type = Heads::Head<kind>;
};

/// A kind whose frames begin with a Head. It is made of a constant; one of another kind does not compile.
template <class Head>
class KindOf {
  public:
    consteval KindOf(FrameKind kind) : kind_(kind) {
        if (!Heads::begins_with<Head>(kind)) throw "frames of this kind begin with something else";
    }
    constexpr operator FrameKind() const { return kind_; }

  private:
    FrameKind kind_;
};

}  // namespace rankpool::link
