// SPDX-License-Identifier: MIT
#include "rankpool/rank/frame_rules.hpp"

#include "rankpool/protocol/heads.hpp"

namespace rankpool::supervisor {
namespace {

using link::FrameKind;

/// More than a rank can have; a message's tag must hold it.
constexpr std::uint32_t most_slots = 1U << 20U;

enum class Reader { nobody, worker, own_supervisor, any_supervisor };

/// Who may get a frame of that kind from a worker.
Reader reader_of(FrameKind kind) {
    switch (kind) {
        case FrameKind::input_wanted:
        case FrameKind::result_offered:
        case FrameKind::result_granted:
        case FrameKind::part:
        case FrameKind::part_last:
        case FrameKind::part_broken:
        case FrameKind::part_lent:
        case FrameKind::part_returned:
        case FrameKind::acknowledged:
        case FrameKind::process_began:
        case FrameKind::arguments_wanted:
            return Reader::worker;
        case FrameKind::results:
        case FrameKind::member_up:
        case FrameKind::member_unfit:
            return Reader::any_supervisor;
        case FrameKind::pool_open:
        case FrameKind::pool_close:
        case FrameKind::pool_resize:
        case FrameKind::pool_rest:
        case FrameKind::call_open:
        case FrameKind::call_close:
        case FrameKind::call_withdraw:
        case FrameKind::tasks:
        case FrameKind::tasks_held:
        case FrameKind::status_asked:
        case FrameKind::block_results:
        case FrameKind::blob_open:
        case FrameKind::blob_bytes:
        case FrameKind::blob_close:
        case FrameKind::blob_wanted:
        case FrameKind::blob_read:
        case FrameKind::channel_make:
        case FrameKind::channel_claim:
        case FrameKind::channel_drop:
        case FrameKind::channel_depart:
        case FrameKind::channel_return:
        case FrameKind::channel_ask:
        case FrameKind::shared_make:
        case FrameKind::shared_ask:
        case FrameKind::process_start:
        case FrameKind::process_signal:
            return Reader::own_supervisor;
        default:
            return Reader::nobody;
    }
}

}  // namespace

void require_workers_frame(link::FrameHeader const& header, Address const& worker, int ranks) {
    if (header.from != worker) link::refuse("a frame in another's name");
    if (header.to.rank.value < 0 || header.to.rank.value >= ranks) link::refuse("a frame to no rank");
    bool const is_for_supervisor = header.to.slot == link::supervisor_slot;
    if (!is_for_supervisor && header.to.slot.value >= most_slots) link::refuse("a frame to nobody");
    Reader const reader = reader_of(header.kind);
    bool const is_right = reader == Reader::worker
                              ? !is_for_supervisor
                              : is_for_supervisor && reader != Reader::nobody &&
                                    (reader == Reader::any_supervisor || header.to.rank == worker.rank);
    if (!is_right) link::refuse("a frame of a kind that no worker sends there");
    // Supervisors pass on what is for workers, and look at no more of it.
    if (header.size < link::Heads::size_of(header.kind))
        link::refuse("a frame that is too short for its kind");
}

void require_records(std::span<std::byte const> records, std::uint64_t count, bool may_be_fewer) {
    std::uint64_t found = 0;
    while (!records.empty()) {
        std::uint32_t length = 0;
        if (records.size() < sizeof length) link::refuse("a record that is cut off");
        std::memcpy(&length, records.data(), sizeof length);
        records = records.subspan(sizeof length);
        ++found;
        if (length == link::no_value) continue;
        if (records.size() < length) link::refuse("a record that is longer than its frame");
        records = records.subspan(length);
    }
    if (found > count || (!may_be_fewer && found < count)) link::refuse("a number of records that is wrong");
}

}  // namespace rankpool::supervisor
