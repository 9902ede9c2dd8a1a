// SPDX-License-Identifier: MIT
// Who may put and take, and who is woken for it.
#include "rankpool/shared_ring/channel_ring.hpp"

#include "rankpool/shared_ring/held_lock.hpp"
#include "rankpool/shared_ring/wakes.hpp"

#include <cstring>

namespace rankpool::link {
namespace {

/// How often a lock is tried at most.
constexpr int tries = 2000;
/// Where one of these ends, a look is taken whether it has come that far.
constexpr std::uint64_t page = 4096;
/// Memory so far behind an item is asked for while that is put or taken: it comes from another core.
constexpr std::uint64_t ahead = 512;

}  // namespace

/// Holds both locks, if they could be had and the ring makes sense, and wakes the chosen when they are free
/// again.
class ChannelRing::Locked {
  public:
    explicit Locked(ChannelRing& ring)
        : ring_(ring),
          putters_(ring.control_->putters_lock, ring.is_damaged() ? 0 : tries),
          was_deads_(!ring.is_damaged() && putters_.take_from_dead()),
          takers_(ring.control_->takers_lock, putters_ ? tries : 0) {
        was_deads_ |= putters_ && takers_.take_from_dead();
        if (takers_) begin();
    }
    Locked(Locked const&) = delete;

    explicit operator bool() const { return takers_ && !ring_.is_damaged(); }
    /// What a try comes to that has not got it.
    [[nodiscard]] Status failure() const { return ring_.is_damaged() ? Status::closed : Status::busy; }
    [[nodiscard]] Wakes& wakes() { return wakes_; }

  private:
    void begin() {
        try {
            if (was_deads_) ring_.recover();
            if (!ring_.is_sane()) throw Damage{};
        } catch (Damage const&) {
            ring_.damage(wakes_);
        }
    }

    ChannelRing& ring_;
    Wakes wakes_;
    HeldLock putters_;
    bool was_deads_ = false;
    HeldLock takers_;
};

/// Under the locks, if they can be had: what `change(wakes)` comes to.
template <class Change>
ChannelRing::Status ChannelRing::change(Change change) {
    Locked lock{*this};
    if (!lock) return lock.failure();
    try {
        return change(lock.wakes());
    } catch (Damage const&) {
        damage(lock.wakes());
        return Status::closed;
    }
}

/// The same for what only has to be done; false where a lock was held for long.
template <class Change>
bool ChannelRing::settle(Change change) {
    auto const outcome = this->change([&](Wakes& wakes) {
        change(wakes);
        return Status::done;
    });
    return outcome != Status::busy;
}

/// Ends it for all.
void ChannelRing::damage(Wakes& wakes) {
    control_->is_damaged = control_->no_writers = control_->no_readers = 1;
    for (WaitQueue* line : {&control_->putters, &control_->takers, &control_->watchers}) {
        line->wake_everywhere([&](WakeSocket::Name const& name) { wakes.add(name); });
    }
}

bool ChannelRing::is_sane() const {
    std::uint64_t const head = control_->head;
    std::uint64_t const tail = control_->tail;
    return tail - head <= capacity_ && ((head | tail) % sizeof(PieceHeader)) == 0 &&
           control_->putters.is_sane() && control_->takers.is_sane() && control_->watchers.is_sane();
}

ChannelRing::Status ChannelRing::put(QueuePosition& position, Waiter const& who,
                                     std::span<std::byte const> piece, std::uint32_t marks, Join join) {
    if (marks == whole && !position.is_taken && put_at_once(piece)) return Status::done;
    return change([&](Wakes& wakes) {
        control_->putters.close_up();
        if (control_->no_readers != 0) return Status::closed;
        bool const begins = (marks & first) != 0;
        if (!has_room(piece.size()) && control_->takers.is_empty()) skip_remains();
        bool const is_slot_free = !begins || !is_full();
        bool const is_room = is_slot_free && has_room(piece.size());
        if (is_room && !control_->putters.has_turn(position) && join == Join::no)
            return put_beside_line(wakes, piece, marks);
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
            if (!control_->putters.is_empty()) wake_putters(wakes);
        }
        wake_takers(wakes);
        return Status::done;
    });
}

/// A small item where nobody waits and nothing has been begun. Where a page ends it is put as others are,
/// with a look whether the ring is to go on at its beginning.
bool ChannelRing::put_at_once(std::span<std::byte const> item) {
    HeldLock const lock{control_->putters_lock, HeldLock::tries_at_once};
    bool const is_plain = lock && !is_damaged() && control_->no_readers == 0 && control_->is_open == 0;
    if (!is_plain || does_anybody_wait() || is_full()) return false;
    std::uint64_t const tail = control_->tail.load(std::memory_order_relaxed);
    std::uint64_t const in_page = tail % page;
    if (in_page == 0 || in_page + space_of(item.size()) > page || !has_seen_room(tail, item.size()))
        return false;
    write(item, whole, std::memory_order_release);
    __builtin_prefetch(at(tail) + ahead, 1);
    return true;
}

bool ChannelRing::does_anybody_wait() const {
    return !control_->putters.is_empty() || !control_->takers.is_empty() || !control_->watchers.is_empty();
}

/// As `has_room`, without a look at the takers' side where that is not needed.
bool ChannelRing::has_seen_room(std::uint64_t tail, std::size_t bytes) {
    auto const is_behind = [&](std::uint64_t head) { return tail + space_of(bytes) - head <= capacity_; };
    if (is_behind(control_->seen_head.load(std::memory_order_relaxed))) return true;
    std::uint64_t const head = control_->head;
    control_->seen_head.store(head, std::memory_order_relaxed);
    return is_behind(head);
}

bool ChannelRing::take_at_once(std::vector<std::byte>& to) {
    return take_whole([&](std::span<std::byte const> item) {
        to.assign(item.begin(), item.end());
        return true;
    });
}

bool ChannelRing::take_at_once(std::span<std::byte> to) {
    return take_whole([&](std::span<std::byte const> item) {
        if (item.size() != to.size()) return false;
        std::memcpy(to.data(), item.data(), to.size());
        return true;
    });
}

/// A small item where nobody waits; it stays where `take(item)` is false.
template <class Take>
bool ChannelRing::take_whole(Take take) {
    HeldLock const lock{control_->takers_lock, HeldLock::tries_at_once};
    if (!lock || is_damaged() || does_anybody_wait()) return false;
    std::uint64_t const head = control_->head.load(std::memory_order_relaxed);
    std::uint64_t tail = control_->seen_tail.load(std::memory_order_relaxed);
    auto const is_ahead = [&] { return tail != head && tail - head <= capacity_; };
    if (!is_ahead()) {
        tail = control_->tail;
        control_->seen_tail.store(tail, std::memory_order_relaxed);
        if (!is_ahead()) return false;
    }
    try {
        PieceHeader const header = header_at(head, tail);
        if (header.marks != whole) return false;
        if (tail - head > ahead) __builtin_prefetch(at(head) + ahead);
        if (!take({at(head) + sizeof header, header.size})) return false;
        remove_first(header, std::memory_order_release);
        return true;
    } catch (Damage const&) {
        // For those to find who can end it.
        return false;
    }
}

/// There is room, but others stand in the queue for it.
ChannelRing::Status ChannelRing::put_beside_line(Wakes& wakes, std::span<std::byte const> piece,
                                                 std::uint32_t marks) {
    if (marks != whole || control_->is_open != 0) return Status::wait;
    std::size_t const waiting = control_->putters.count();
    bool const is_for_all =
        (maxsize_ == 0 || maxsize_ - size() > waiting) &&
        control_->tail + space_of(piece.size()) + waiting * space_of(piece_bytes) - control_->head <=
            capacity_;
    if (!is_for_all) return Status::busy;
    append(piece, marks);
    wake_takers(wakes);
    return Status::done;
}

ChannelRing::Status ChannelRing::take(QueuePosition& position, Waiter const& who, std::vector<std::byte>& to,
                                      Join join) {
    if (!position.is_taken && take_at_once(to)) return Status::done;
    return change([&](Wakes& wakes) {
        control_->takers.close_up();
        if (!control_->takers.has_turn(position)) {
            if (join == Join::no) return take_beside_line(wakes, to);
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
            wake_takers(wakes);
            return Status::closed;
        }
        PieceHeader const header = take_first(to);
        bool const is_whole = (header.marks & last) != 0;
        if (!is_whole) control_->takers.join(position, who);
        wake_putters(wakes);
        if (!is_whole) return Status::begun;
        control_->takers.leave(position);
        if (!is_empty()) wake_takers(wakes);
        return Status::done;
    });
}

/// Others stand in the queue. The first of them may be in the middle of an item.
ChannelRing::Status ChannelRing::take_beside_line(Wakes& wakes, std::vector<std::byte>& to) {
    if (is_empty()) return control_->no_writers == 0 ? Status::wait : Status::closed;
    if (first_header().marks != whole) return Status::wait;
    if (!has_more_than_line()) return Status::busy;
    take_first(to);
    wake_putters(wakes);
    if (!is_empty()) wake_takers(wakes);
    return Status::done;
}

ChannelRing::Status ChannelRing::take_more(QueuePosition& position, std::vector<std::byte>& to) {
    return change([&](Wakes& wakes) {
        bool const is_drained = is_empty();
        if (is_drained && control_->is_open != 0) return Status::wait;
        if (is_drained || (first_header().marks & first) != 0) {
            // What comes next is another item: this one has no end.
            control_->takers.leave(position);
            wake_takers(wakes);
            return Status::broken;
        }
        PieceHeader const header = take_first(to);
        wake_putters(wakes);
        if ((header.marks & last) == 0) return Status::begun;
        control_->takers.leave(position);
        if (!is_empty()) wake_takers(wakes);
        return Status::done;
    });
}

ChannelRing::Status ChannelRing::count_done() {
    return change([&](Wakes& wakes) {
        if (control_->dones == control_->puts) return Status::broken;
        ++control_->dones;
        if (control_->dones == control_->puts) wake_all(wakes);
        return Status::done;
    });
}

void ChannelRing::leave_putters(QueuePosition& position) {
    if (!position.is_taken) return;
    bool const has_left = settle([&](Wakes& wakes) {
        if (control_->putters.has_turn(position)) control_->is_open = 0;
        control_->putters.leave(position);
        wake_all(wakes);
    });
    // Nobody else ends an item that the first in the queue has begun.
    if (!has_left && control_->putters.has_turn(position)) control_->is_open = 0;
    control_->putters.abandon(position);
}

void ChannelRing::leave_takers(QueuePosition& position) {
    if (!position.is_taken) return;
    (void)settle([&](Wakes& wakes) {
        bool const may_be_in_item = control_->takers.has_turn(position);
        control_->takers.leave(position);
        if (may_be_in_item) skip_remains();
        wake_all(wakes);
    });
    control_->takers.abandon(position);
}

void ChannelRing::watch(QueuePosition& position, Waiter const& who) {
    if (position.is_taken) return;
    (void)settle([&](Wakes&) { control_->watchers.join(position, who); });
}

void ChannelRing::leave_watchers(QueuePosition& position) {
    if (!position.is_taken) return;
    (void)settle([&](Wakes&) { control_->watchers.leave(position); });
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

std::uint64_t ChannelRing::size() const {
    if (is_damaged()) return 0;
    // Whatever is put and taken meanwhile, there were never more takes than puts.
    std::uint64_t const takes = control_->takes;
    return control_->puts - takes;
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
    auto const outcome = change([&](Wakes&) {
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
    return settle([&](Wakes& wakes) {
        if (control_->putters.is_first(process)) control_->is_open = 0;
        bool const may_be_in_item = control_->takers.is_first(process);
        control_->putters.remove(process);
        control_->takers.remove(process);
        if (may_be_in_item) skip_remains();
        control_->watchers.remove(process);
        // It may have died after a change and before it woke those who waited for that.
        wake_all(wakes);
    });
}

bool ChannelRing::lose_home(Rank home) {
    return settle([&](Wakes& wakes) {
        control_->no_writers = control_->no_readers = 1;
        control_->is_open = 0;
        control_->putters.remove_rank(home);
        control_->takers.remove_rank(home);
        control_->watchers.remove_rank(home);
        wake_all(wakes);
    });
}

bool ChannelRing::end_putting() {
    return settle([&](Wakes& wakes) {
        control_->no_writers = 1;
        wake_all(wakes);
    });
}

bool ChannelRing::end_taking() {
    return settle([&](Wakes& wakes) {
        control_->no_readers = 1;
        wake_all(wakes);
    });
}

void ChannelRing::wake_takers(Wakes& wakes) {
    if (auto const name = control_->takers.wake_first()) wakes.add(*name);
    if (control_->watchers.is_empty()) return;
    control_->watchers.wake_all([&](WakeSocket::Name const& name) { wakes.add(name); });
}

void ChannelRing::wake_putters(Wakes& wakes) {
    if (auto const name = control_->putters.wake_first()) wakes.add(*name);
}

void ChannelRing::wake_all(Wakes& wakes) {
    wake_putters(wakes);
    wake_takers(wakes);
}

}  // namespace rankpool::link
