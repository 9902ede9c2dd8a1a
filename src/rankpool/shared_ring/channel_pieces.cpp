// SPDX-License-Identifier: MIT
// The pieces that lie in a channel's ring.
#include "rankpool/shared_ring/channel_ring.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace rankpool::link {
namespace {

/// A ring that was filled beyond twice this gives memory back when it has little to hold.
constexpr std::uint64_t memory_kept = 4 * 1024 * 1024;
/// A ring goes on at its beginning when it has come this far: memory in use is memory in the cache.
constexpr std::uint64_t lap = 256 * 1024;
/// What it holds is moved there when that is a small part of what has passed.
constexpr std::uint64_t moves_pay = 4;

}  // namespace

/// The header of the piece at `position`, which lies before `end`.
ChannelRing::PieceHeader ChannelRing::header_at(std::uint64_t position, std::uint64_t end) const {
    PieceHeader header;
    std::memcpy(&header, at(position), sizeof header);
    if (header.size > piece_bytes || space_of(header.size) > end - position) throw Damage{};
    return header;
}

ChannelRing::PieceHeader ChannelRing::first_header() const {
    return header_at(control_->head, control_->tail);
}

bool ChannelRing::has_room(std::size_t bytes) const {
    return control_->tail + space_of(bytes) - control_->head <= capacity_;
}

void ChannelRing::append(std::span<std::byte const> piece, std::uint32_t marks) {
    if ((marks & first) != 0) start_again();
    write(piece, marks, for_sleepers);
}

/// Under the putters' lock.
void ChannelRing::write(std::span<std::byte const> piece, std::uint32_t marks, std::memory_order order) {
    std::uint64_t const number = control_->puts.load(std::memory_order_relaxed) + 1;
    std::uint64_t const tail = control_->tail.load(std::memory_order_relaxed);
    PieceHeader const header{static_cast<std::uint32_t>(piece.size()), marks, number};
    std::byte* const place = at(tail);
    std::memcpy(place, &header, sizeof header);
    if (!piece.empty()) std::memcpy(place + sizeof(PieceHeader), piece.data(), piece.size());
    if ((marks & last) != 0) control_->puts.store(number, std::memory_order_release);
    control_->tail.store(tail + space_of(piece.size()), order);
}

ChannelRing::PieceHeader ChannelRing::take_first(std::vector<std::byte>& to) {
    PieceHeader const header = first_header();
    std::byte const* const bytes = at(control_->head) + sizeof(PieceHeader);
    to.assign(bytes, bytes + header.size);
    remove_first(header, for_sleepers);
    return header;
}

/// Under the takers' lock.
void ChannelRing::remove_first(PieceHeader const& header, std::memory_order order) {
    if ((header.marks & last) != 0) {
        if (header.number != control_->takes.load(std::memory_order_relaxed) + 1) throw Damage{};
        control_->takes.store(header.number, std::memory_order_release);
    }
    std::uint64_t const head = control_->head.load(std::memory_order_relaxed);
    control_->head.store(head + space_of(header.size), order);
}

/// Drops what is left of an item whose taker has gone.
void ChannelRing::skip_remains() {
    while (!is_empty()) {
        PieceHeader const header = first_header();
        if ((header.marks & first) != 0) return;
        remove_first(header, for_sleepers);
    }
}

/// Lets a ring that holds little go on at its beginning, so that it does not wander through all of its
/// memory. Between the two last stores the ring looks longer than it is; a dead process's `recover` comes
/// before anybody looks.
void ChannelRing::start_again() {
    std::uint64_t const head = control_->head;
    std::uint64_t const tail = control_->tail;
    std::uint64_t const held = tail - head;
    std::uint64_t const used = tail % capacity_;
    if (used < lap || used < held * moves_pay || held > capacity_) return;
    std::uint64_t const beginning = tail - used + capacity_;
    std::memcpy(data_, at(head), held);
    control_->moved_tail = beginning + held;
    control_->head = beginning;
    control_->tail = beginning + held;
    std::uint64_t const kept = (std::max(memory_kept, held) + 4095) & ~std::uint64_t{4095};
    if (used > 2 * kept) ::madvise(data_ + kept, (used - kept) & ~std::uint64_t{4095}, MADV_REMOVE);
}

/// One who held a lock has died under it. Pieces count from the moment that the ring's ends say so, and the
/// counts, which may be ahead of them, are what the ring's items say.
void ChannelRing::recover() {
    if (control_->head > control_->tail) control_->tail = control_->moved_tail.load();
    std::uint64_t const head = control_->head;
    std::uint64_t const tail = control_->tail;
    if (tail - head > capacity_) throw Damage{};
    std::uint64_t items = 0;
    std::uint64_t puts = control_->takes;
    for (std::uint64_t at = head; at != tail;) {
        PieceHeader const header = header_at(at, tail);
        if ((header.marks & last) != 0) {
            ++items;
            puts = header.number;
        }
        at += space_of(header.size);
    }
    control_->puts = puts;
    control_->takes = puts - items;
}

}  // namespace rankpool::link
