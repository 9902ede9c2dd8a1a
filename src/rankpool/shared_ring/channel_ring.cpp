// SPDX-License-Identifier: MIT
#include "rankpool/shared_ring/channel_ring.hpp"

#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace rankpool::link {

struct ChannelRing::PieceHeader {
    std::uint32_t size = 0;
    std::uint32_t marks = 0;
    std::uint64_t number = 0;  ///< of the item, from 1; in its last piece
};

namespace {

constexpr std::size_t header_bytes = 16;
/// How often the lock is tried before others are let on.
constexpr int tries_at_once = 40;
constexpr int tries = 2000;
/// A ring that was filled beyond twice this gives memory back when it has little to hold.
constexpr std::uint64_t memory_kept = 4 * 1024 * 1024;
/// A ring goes on at its beginning when it has come this far: memory in use is memory in the cache.
constexpr std::uint64_t lap = 256 * 1024;
/// What it holds is moved there when that is a small part of what has passed.
constexpr std::uint64_t moves_pay = 4;

constexpr std::uint64_t space_of(std::size_t bytes) {
    return header_bytes + ((bytes + 15) & ~std::uint64_t{15});
}

WakeSocket const& waker() {
    static WakeSocket const socket;
    return socket;
}

}  // namespace

/// Holds the lock, if it could be had and the ring makes sense, and wakes the chosen when it is free again.
class ChannelRing::Locked {
  public:
    explicit Locked(ChannelRing& ring) : ring_(ring) {
        if (ring.is_damaged()) return;
        bool was_deads = false;
        for (int i = 0; i < tries && !held_; ++i) {
            held_ = lock().try_take();
            if (!held_ && i >= tries_at_once) ::sched_yield();
        }
        if (!held_) held_ = was_deads = lock().try_take_from_dead();
        if (held_) begin(was_deads);
    }
    ~Locked() {
        if (held_) lock().give();
        for (std::size_t i = 0; i < few_; ++i) waker().wake(first_few_[i]);
        for (auto const& name : more_) waker().wake(name);
    }
    Locked(Locked const&) = delete;

    explicit operator bool() const { return held_ && !ring_.is_damaged(); }
    /// What a try comes to that has not got it.
    [[nodiscard]] Status failure() const { return ring_.is_damaged() ? Status::closed : Status::busy; }
    void wake_later(WakeSocket::Name const& name) {
        if (few_ < first_few_.size()) {
            first_few_[few_++] = name;
        } else {
            more_.push_back(name);
        }
    }

  private:
    [[nodiscard]] OwnedLock& lock() { return ring_.control_->lock; }
    void begin(bool was_deads) {
        try {
            if (was_deads) ring_.recover();
            if (!ring_.is_sane()) throw Damage{};
        } catch (Damage const&) {
            ring_.damage(*this);
        }
    }

    ChannelRing& ring_;
    bool held_ = false;
    std::array<WakeSocket::Name, 2> first_few_;
    std::size_t few_ = 0;
    std::vector<WakeSocket::Name> more_;
};

/// Under the lock, if it can be had: what `change(lock)` comes to.
template <class Change>
ChannelRing::Status ChannelRing::change(Change change) {
    Locked lock{*this};
    if (!lock) return lock.failure();
    try {
        return change(lock);
    } catch (Damage const&) {
        damage(lock);
        return Status::closed;
    }
}

/// The same for what only has to be done; false where the lock was held for long.
template <class Change>
bool ChannelRing::settle(Change change) {
    auto const outcome = this->change([&](Locked& lock) {
        change(lock);
        return Status::done;
    });
    return outcome != Status::busy;
}

/// Ends it for all.
void ChannelRing::damage(Locked& lock) {
    control_->is_damaged = control_->no_writers = control_->no_readers = 1;
    for (WaitQueue* line : {&control_->putters, &control_->takers, &control_->watchers}) {
        line->wake_everywhere([&](WakeSocket::Name const& name) { lock.wake_later(name); });
    }
}

bool ChannelRing::is_sane() const {
    std::uint64_t const head = control_->head;
    std::uint64_t const tail = control_->tail;
    return tail - head <= capacity_ && ((head | tail) % header_bytes) == 0 && control_->putters.is_sane() &&
           control_->takers.is_sane() && control_->watchers.is_sane();
}

ChannelRing::Status ChannelRing::put(QueuePosition& position, Waiter const& who,
                                     std::span<std::byte const> piece, std::uint32_t marks, Join join) {
    return change([&](Locked& lock) {
        control_->putters.close_up();
        if (control_->no_readers != 0) return Status::closed;
        bool const begins = (marks & first) != 0;
        if (!has_room(piece.size()) && control_->takers.is_empty()) skip_remains();
        bool const is_slot_free = !begins || !is_full();
        bool const is_room = is_slot_free && has_room(piece.size());
        if (is_room && !control_->putters.has_turn(position) && join == Join::no)
            return put_beside_line(lock, piece, marks);
        if (!is_room || !control_->putters.has_turn(position)) {
            if (join == Join::yes) control_->putters.join(position, who);
            return Status::wait;
        }
        if (marks != whole) {
            control_->putters.join(position, who);
            control_->is_open = 1;
        }
        append(piece, marks);
        if ((marks & last) != 0) {
            control_->is_open = 0;
            control_->putters.leave(position);
            if (!control_->putters.is_empty()) wake_putters(lock);
        }
        wake_takers(lock);
        return Status::done;
    });
}

/// There is room, but others stand in the queue for it.
ChannelRing::Status ChannelRing::put_beside_line(Locked& lock, std::span<std::byte const> piece,
                                                 std::uint32_t marks) {
    if (marks != whole || control_->is_open != 0) return Status::wait;
    std::size_t const waiting = control_->putters.count();
    bool const is_for_all =
        (maxsize_ == 0 || maxsize_ - size() > waiting) &&
        control_->tail + space_of(piece.size()) + waiting * space_of(piece_bytes) - control_->head <=
            capacity_;
    if (!is_for_all) return Status::busy;
    append(piece, marks);
    wake_takers(lock);
    return Status::done;
}

ChannelRing::Status ChannelRing::take(QueuePosition& position, Waiter const& who, std::vector<std::byte>& to,
                                      Join join) {
    return change([&](Locked& lock) {
        control_->takers.close_up();
        if (!control_->takers.has_turn(position)) {
            if (join == Join::no) return take_beside_line(lock, to);
            control_->takers.join(position, who);
            return Status::wait;
        }
        skip_remains();
        if (is_empty()) {
            if (control_->no_writers == 0) {
                if (join == Join::yes) control_->takers.join(position, who);
                return Status::wait;
            }
            control_->takers.leave(position);
            wake_takers(lock);
            return Status::closed;
        }
        PieceHeader const header = take_first(to);
        bool const is_whole = (header.marks & last) != 0;
        if (!is_whole) control_->takers.join(position, who);
        wake_putters(lock);
        if (!is_whole) return Status::begun;
        control_->takers.leave(position);
        if (!is_empty()) wake_takers(lock);
        return Status::done;
    });
}

/// Others stand in the queue. The first of them may be in the middle of an item.
ChannelRing::Status ChannelRing::take_beside_line(Locked& lock, std::vector<std::byte>& to) {
    if (is_empty()) return control_->no_writers == 0 ? Status::wait : Status::closed;
    if (first_header().marks != whole) return Status::wait;
    if (!has_more_than_line()) return Status::busy;
    take_first(to);
    wake_putters(lock);
    if (!is_empty()) wake_takers(lock);
    return Status::done;
}

ChannelRing::Status ChannelRing::take_more(QueuePosition& position, std::vector<std::byte>& to) {
    return change([&](Locked& lock) {
        bool const is_drained = is_empty();
        if (is_drained && control_->is_open != 0) return Status::wait;
        if (is_drained || (first_header().marks & first) != 0) {
            // What comes next is another item: this one has no end.
            control_->takers.leave(position);
            wake_takers(lock);
            return Status::broken;
        }
        PieceHeader const header = take_first(to);
        wake_putters(lock);
        if ((header.marks & last) == 0) return Status::begun;
        control_->takers.leave(position);
        if (!is_empty()) wake_takers(lock);
        return Status::done;
    });
}

ChannelRing::Status ChannelRing::count_done() {
    return change([&](Locked& lock) {
        if (control_->dones == control_->puts) return Status::broken;
        ++control_->dones;
        if (control_->dones == control_->puts) wake_all(lock);
        return Status::done;
    });
}

void ChannelRing::leave_putters(QueuePosition& position) {
    if (!position.is_taken) return;
    bool const has_left = settle([&](Locked& lock) {
        if (control_->putters.has_turn(position)) control_->is_open = 0;
        control_->putters.leave(position);
        wake_all(lock);
    });
    // Nobody else ends an item that the first in the queue has begun.
    if (!has_left && control_->putters.has_turn(position)) control_->is_open = 0;
    control_->putters.abandon(position);
}

void ChannelRing::leave_takers(QueuePosition& position) {
    if (!position.is_taken) return;
    (void)settle([&](Locked& lock) {
        bool const may_be_in_item = control_->takers.has_turn(position);
        control_->takers.leave(position);
        if (may_be_in_item) skip_remains();
        wake_all(lock);
    });
    control_->takers.abandon(position);
}

void ChannelRing::watch(QueuePosition& position, Waiter const& who) {
    if (position.is_taken) return;
    (void)settle([&](Locked&) { control_->watchers.join(position, who); });
}

void ChannelRing::leave_watchers(QueuePosition& position) {
    if (!position.is_taken) return;
    (void)settle([&](Locked&) { control_->watchers.leave(position); });
    control_->watchers.abandon(position);
}

bool ChannelRing::may_put(QueuePosition const& position, std::size_t bytes) const {
    if (control_->no_readers != 0 || control_->putters.must_close_up()) return true;
    bool const is_in_item = control_->is_open != 0;
    return control_->putters.has_turn(position) && has_room(bytes) && (is_in_item || !is_full());
}

bool ChannelRing::may_take(QueuePosition const& position) const {
    if (control_->takers.must_close_up()) return true;
    bool const is_there = !is_empty() || control_->no_writers != 0;
    return is_there && (control_->takers.has_turn(position) || is_damaged());
}

bool ChannelRing::may_take_more() const {
    return !is_empty() || control_->is_open == 0 || is_damaged();
}

bool ChannelRing::has_more_than_line() const {
    return size() > control_->takers.count();
}

bool ChannelRing::may_be_readable() const {
    return may_take({}) || (!control_->takers.is_empty() && !is_empty() && has_more_than_line());
}

bool ChannelRing::is_readable() {
    auto const outcome = change([&](Locked&) {
        control_->takers.close_up();
        if (!control_->takers.is_empty()) {
            bool const is_there = !is_empty() && first_header().marks == whole && has_more_than_line();
            return is_there ? Status::done : Status::wait;
        }
        skip_remains();
        return !is_empty() || control_->no_writers != 0 ? Status::done : Status::wait;
    });
    return outcome == Status::done || outcome == Status::closed;
}

bool ChannelRing::forget(Address process) {
    return settle([&](Locked& lock) {
        if (control_->putters.is_first(process)) control_->is_open = 0;
        bool const may_be_in_item = control_->takers.is_first(process);
        control_->putters.remove(process);
        control_->takers.remove(process);
        if (may_be_in_item) skip_remains();
        control_->watchers.remove(process);
        // It may have died after a change and before it woke those who waited for that.
        wake_all(lock);
    });
}

bool ChannelRing::lose_home(Rank home) {
    return settle([&](Locked& lock) {
        control_->no_writers = control_->no_readers = 1;
        control_->is_open = 0;
        control_->putters.remove_rank(home);
        control_->takers.remove_rank(home);
        control_->watchers.remove_rank(home);
        wake_all(lock);
    });
}

bool ChannelRing::end_putting() {
    return settle([&](Locked& lock) {
        control_->no_writers = 1;
        wake_all(lock);
    });
}

bool ChannelRing::end_taking() {
    return settle([&](Locked& lock) {
        control_->no_readers = 1;
        wake_all(lock);
    });
}

/// The header of the piece at `position`, which lies before `end`.
ChannelRing::PieceHeader ChannelRing::header_at(std::uint64_t position, std::uint64_t end) const {
    PieceHeader header;
    std::memcpy(&header, data_ + position % capacity_, sizeof header);
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
    static_assert(sizeof(PieceHeader) == header_bytes);
    PieceHeader const header{static_cast<std::uint32_t>(piece.size()), marks, control_->puts + 1};
    std::byte* const place = data_ + control_->tail % capacity_;
    std::memcpy(place, &header, sizeof header);
    if (!piece.empty()) std::memcpy(place + header_bytes, piece.data(), piece.size());
    control_->tail += space_of(piece.size());
    if ((marks & last) != 0) ++control_->puts;
}

ChannelRing::PieceHeader ChannelRing::take_first(std::vector<std::byte>& to) {
    std::uint64_t const head = control_->head;
    PieceHeader const header = header_at(head, control_->tail);
    std::byte const* const bytes = data_ + head % capacity_ + header_bytes;
    to.assign(bytes, bytes + header.size);
    remove_first(header);
    return header;
}

void ChannelRing::remove_first(PieceHeader const& header) {
    control_->head += space_of(header.size);
    if ((header.marks & last) != 0) ++control_->takes;
}

/// Drops what is left of an item whose taker has gone.
void ChannelRing::skip_remains() {
    while (!is_empty()) {
        PieceHeader const header = first_header();
        if ((header.marks & first) != 0) return;
        remove_first(header);
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
    std::memcpy(data_, data_ + head % capacity_, held);
    control_->moved_tail = beginning + held;
    control_->head = beginning;
    control_->tail = beginning + held;
    std::uint64_t const kept = (std::max(memory_kept, held) + 4095) & ~std::uint64_t{4095};
    if (used > 2 * kept) ::madvise(data_ + kept, (used - kept) & ~std::uint64_t{4095}, MADV_REMOVE);
}

/// The last one to hold the lock has died under it. Pieces count from the moment that the ring's ends say so;
/// the counts follow them here.
void ChannelRing::recover() {
    if (control_->head > control_->tail) control_->tail = control_->moved_tail.load();
    std::uint64_t const head = control_->head;
    std::uint64_t const tail = control_->tail;
    if (tail - head > capacity_) throw Damage{};
    std::uint64_t items = 0;
    for (std::uint64_t at = head; at != tail;) {
        PieceHeader const header = header_at(at, tail);
        if ((header.marks & last) != 0) {
            ++items;
            control_->puts = header.number;
        }
        at += space_of(header.size);
    }
    control_->takes = control_->puts - items;
}

void ChannelRing::wake_takers(Locked& lock) {
    if (auto const name = control_->takers.wake_first()) lock.wake_later(*name);
    if (control_->watchers.is_empty()) return;
    control_->watchers.wake_all([&](WakeSocket::Name const& name) { lock.wake_later(name); });
}

void ChannelRing::wake_putters(Locked& lock) {
    if (auto const name = control_->putters.wake_first()) lock.wake_later(*name);
}

void ChannelRing::wake_all(Locked& lock) {
    wake_putters(lock);
    wake_takers(lock);
}

}  // namespace rankpool::link
