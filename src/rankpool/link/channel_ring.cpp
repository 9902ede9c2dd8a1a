// SPDX-License-Identifier: MIT
#include "rankpool/link/channel_ring.hpp"

#include <errno.h>
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

/// Holds the lock, if it could be had, and wakes the chosen when it is free again.
class ChannelRing::Locked {
  public:
    explicit Locked(ChannelRing& ring) : ring_(ring) {
        for (int i = 0; i < tries && !held_; ++i) {
            int const result = ::pthread_mutex_trylock(&ring.control_->lock);
            held_ = result == 0 || result == EOWNERDEAD;
            if (result == EOWNERDEAD) {
                ring.recover();
                ::pthread_mutex_consistent(&ring.control_->lock);
            }
            if (!held_ && i >= tries_at_once) ::sched_yield();
        }
    }
    ~Locked() {
        if (held_) ::pthread_mutex_unlock(&ring_.control_->lock);
        for (std::size_t i = 0; i < few_; ++i) waker().wake(first_few_[i]);
        for (auto const& name : more_) waker().wake(name);
    }
    Locked(Locked const&) = delete;

    explicit operator bool() const { return held_; }
    void wake_later(WakeSocket::Name const& name) {
        if (few_ < first_few_.size()) {
            first_few_[few_++] = name;
        } else {
            more_.push_back(name);
        }
    }

  private:
    ChannelRing& ring_;
    bool held_ = false;
    std::array<WakeSocket::Name, 2> first_few_;
    std::size_t few_ = 0;
    std::vector<WakeSocket::Name> more_;
};

void ChannelRing::begin(ChannelControl& control, std::uint64_t capacity, std::uint64_t maxsize) {
    pthread_mutexattr_t kind;
    ::pthread_mutexattr_init(&kind);
    ::pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutex_init(&control.lock, &kind);
    ::pthread_mutexattr_destroy(&kind);
    control.capacity = capacity;
    control.maxsize = maxsize;
}

ChannelRing::Outcome ChannelRing::put(Place& place, Waiter const& who, std::span<std::byte const> piece,
                                      std::uint32_t marks) {
    Locked lock{*this};
    if (!lock) return Outcome::busy;
    if (control_->no_readers != 0) return Outcome::closed;
    bool const begins = (marks & first) != 0;
    if (!has_room(piece.size()) && control_->takers.is_empty()) skip_remains();
    bool const is_slot_free = !begins || !is_full();
    if (!control_->putters.has_turn(place) || !is_slot_free || !has_room(piece.size())) {
        control_->putters.join(place, who);
        return Outcome::wait;
    }
    if (marks != whole) {
        control_->putters.join(place, who);
        control_->is_open = 1;
    }
    append(piece, marks);
    if ((marks & last) != 0) {
        control_->is_open = 0;
        control_->putters.leave(place);
        if (!control_->putters.is_empty()) wake_putters(lock);
    }
    wake_takers(lock);
    return Outcome::done;
}

ChannelRing::Outcome ChannelRing::take(Place& place, Waiter const& who, std::vector<std::byte>& to) {
    Locked lock{*this};
    if (!lock) return Outcome::busy;
    if (!control_->takers.has_turn(place)) {
        control_->takers.join(place, who);
        return Outcome::wait;
    }
    skip_remains();
    if (control_->head == control_->tail) {
        if (control_->no_writers == 0) {
            control_->takers.join(place, who);
            return Outcome::wait;
        }
        control_->takers.leave(place);
        wake_takers(lock);
        return Outcome::closed;
    }
    PieceHeader const header = header_at(control_->head);
    std::byte const* const bytes = data_ + control_->head % control_->capacity + header_bytes;
    to.assign(bytes, bytes + header.size);
    bool const is_whole = (header.marks & last) != 0;
    if (!is_whole) control_->takers.join(place, who);
    remove_first(header);
    wake_putters(lock);
    if (!is_whole) return Outcome::begun;
    control_->takers.leave(place);
    if (control_->head != control_->tail) wake_takers(lock);
    return Outcome::done;
}

ChannelRing::Outcome ChannelRing::take_more(Place& place, std::vector<std::byte>& to) {
    Locked lock{*this};
    if (!lock) return Outcome::busy;
    bool const is_drained = control_->head == control_->tail;
    if (is_drained && control_->is_open != 0) return Outcome::wait;
    PieceHeader const header = is_drained ? PieceHeader{} : header_at(control_->head);
    if (is_drained || (header.marks & first) != 0) {
        // What comes next is another item: this one has no end.
        control_->takers.leave(place);
        wake_takers(lock);
        return Outcome::broken;
    }
    std::byte const* const bytes = data_ + control_->head % control_->capacity + header_bytes;
    to.assign(bytes, bytes + header.size);
    remove_first(header);
    wake_putters(lock);
    if ((header.marks & last) == 0) return Outcome::begun;
    control_->takers.leave(place);
    if (control_->head != control_->tail) wake_takers(lock);
    return Outcome::done;
}

bool ChannelRing::count_done() {
    while (true) {
        Locked lock{*this};
        if (!lock) continue;
        if (control_->dones == control_->puts) return false;
        ++control_->dones;
        if (control_->dones == control_->puts) wake_all(lock);
        return true;
    }
}

void ChannelRing::leave_putters(Place& place) {
    while (place.is_taken) {
        Locked lock{*this};
        if (!lock) continue;
        if (control_->putters.has_turn(place)) control_->is_open = 0;
        control_->putters.leave(place);
        wake_all(lock);
    }
}

void ChannelRing::leave_takers(Place& place) {
    while (place.is_taken) {
        Locked lock{*this};
        if (!lock) continue;
        bool const may_be_in_item = control_->takers.has_turn(place);
        control_->takers.leave(place);
        if (may_be_in_item) skip_remains();
        wake_all(lock);
    }
}

void ChannelRing::watch(Place& place, Waiter const& who) {
    while (!place.is_taken) {
        Locked lock{*this};
        if (lock) control_->watchers.join(place, who);
    }
}

void ChannelRing::leave_watchers(Place& place) {
    while (place.is_taken) {
        Locked lock{*this};
        if (lock) control_->watchers.leave(place);
    }
}

bool ChannelRing::may_put(Place const& place, std::size_t bytes) const {
    if (control_->no_readers != 0) return true;
    bool const is_in_item = control_->is_open != 0;
    return control_->putters.has_turn(place) && has_room(bytes) && (is_in_item || !is_full());
}

bool ChannelRing::may_take(Place const& place) const {
    bool const is_there = control_->head != control_->tail || control_->no_writers != 0;
    return is_there && control_->takers.has_turn(place);
}

bool ChannelRing::may_take_more() const {
    return control_->head != control_->tail || control_->is_open == 0;
}

bool ChannelRing::is_readable() {
    while (true) {
        Locked lock{*this};
        if (!lock) continue;
        if (!control_->takers.is_empty()) return false;
        skip_remains();
        return control_->head != control_->tail || control_->no_writers != 0;
    }
}

bool ChannelRing::forget(Address process) {
    Locked lock{*this};
    if (!lock) return false;
    if (control_->putters.is_first(process)) control_->is_open = 0;
    bool const may_be_in_item = control_->takers.is_first(process);
    control_->putters.remove(process);
    control_->takers.remove(process);
    if (may_be_in_item) skip_remains();
    control_->watchers.remove(process);
    // It may have died after a change and before it woke those who waited for that.
    wake_all(lock);
    return true;
}

bool ChannelRing::lose_home(Rank home) {
    Locked lock{*this};
    if (!lock) return false;
    control_->no_writers = control_->no_readers = 1;
    control_->is_open = 0;
    control_->putters.remove_rank(home);
    control_->takers.remove_rank(home);
    control_->watchers.remove_rank(home);
    wake_all(lock);
    return true;
}

bool ChannelRing::end_putting() {
    Locked lock{*this};
    if (!lock) return false;
    control_->no_writers = 1;
    wake_all(lock);
    return true;
}

bool ChannelRing::end_taking() {
    Locked lock{*this};
    if (!lock) return false;
    control_->no_readers = 1;
    wake_all(lock);
    return true;
}

ChannelRing::PieceHeader ChannelRing::header_at(std::uint64_t position) const {
    PieceHeader header;
    std::memcpy(&header, data_ + position % control_->capacity, sizeof header);
    return header;
}

bool ChannelRing::has_room(std::size_t bytes) const {
    return control_->tail + space_of(bytes) - control_->head <= control_->capacity;
}

void ChannelRing::append(std::span<std::byte const> piece, std::uint32_t marks) {
    if ((marks & first) != 0) start_again();
    static_assert(sizeof(PieceHeader) == header_bytes);
    PieceHeader const header{static_cast<std::uint32_t>(piece.size()), marks, control_->puts + 1};
    std::byte* const place = data_ + control_->tail % control_->capacity;
    std::memcpy(place, &header, sizeof header);
    if (!piece.empty()) std::memcpy(place + header_bytes, piece.data(), piece.size());
    control_->tail += space_of(piece.size());
    if ((marks & last) != 0) ++control_->puts;
}

void ChannelRing::remove_first(PieceHeader const& header) {
    control_->head += space_of(header.size);
    if ((header.marks & last) != 0) ++control_->takes;
}

/// Drops what is left of an item whose taker has gone.
void ChannelRing::skip_remains() {
    while (control_->head != control_->tail) {
        PieceHeader const header = header_at(control_->head);
        if ((header.marks & first) != 0) return;
        remove_first(header);
    }
}

/// Lets a ring that holds little go on at its beginning, so that it does not wander through all of its
/// memory. Between the two last stores the ring looks longer than it is; a dead process's `recover` comes
/// before anybody looks.
void ChannelRing::start_again() {
    std::uint64_t const held = control_->tail - control_->head;
    std::uint64_t const used = control_->tail % control_->capacity;
    if (used < lap || used < held * moves_pay) return;
    std::uint64_t const beginning = control_->tail - used + control_->capacity;
    std::memcpy(data_, data_ + control_->head % control_->capacity, held);
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
    std::uint64_t items = 0;
    for (std::uint64_t at = control_->head; at != control_->tail;) {
        PieceHeader const header = header_at(at);
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
