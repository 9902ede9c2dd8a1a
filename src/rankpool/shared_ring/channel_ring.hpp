// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/shared_ring/owned_lock.hpp"
#include "rankpool/shared_ring/wait_queue.hpp"

#include <bit>
#include <span>
#include <vector>

namespace rankpool::link {

class Wakes;

/// The part of a channel ring that its processes share; begins zeroed. Each side has a lock: small items are
/// put under the one and taken under the other, so that those who put and those who take are not in each
/// other's way, nor in the same line of the caches. All else is done under both, the putters' first.
struct ChannelControl {
    static constexpr std::size_t cache_line = 64;

    // Counts since the start, of bytes and of items.
    alignas(cache_line) OwnedLock putters_lock;
    std::atomic<std::uint64_t> puts;       ///< before `tail` says so
    std::atomic<std::uint64_t> seen_head;  ///< of what putters have seen
    alignas(cache_line) std::atomic<std::uint64_t> tail;
    alignas(cache_line) OwnedLock takers_lock;
    std::atomic<std::uint64_t> head;
    std::atomic<std::uint64_t> takes;      ///< before `head` says so
    std::atomic<std::uint64_t> seen_tail;  ///< of what takers have seen; behind the head where the ring moved
    alignas(cache_line) std::atomic<std::uint64_t> moved_tail;  ///< where it is to be, while the ring moves
    std::atomic<std::uint64_t> dones;                           ///< items that task_done has been called for
    std::atomic<std::uint32_t> is_open;                         ///< an item has been begun and not ended
    std::atomic<std::uint32_t> no_writers;                      ///< nobody can put any more
    std::atomic<std::uint32_t> no_readers;                      ///< nobody can take any more
    std::atomic<std::uint32_t> is_damaged;  ///< somebody has written here who should not: it has ended
    WaitQueue putters;
    WaitQueue takers;
    WaitQueue watchers;  ///< who wait for any change and take nothing
};

/// One direction of a channel: a ring of items in memory that all processes of a node share which put into it
/// or take from it, in order of arrival. An item larger than a piece passes in pieces while it is taken. A
/// process may die at any point: the lock is taken from the dead, and `forget` clears away what it had begun.
/// A process may also write nonsense here: each use checks what it goes by, and a ring that makes no sense is
/// closed for all.
///
/// Nothing here waits. A try that answers `wait` has put the caller into a queue; it tries again when
/// `may_have_changed`, and gives up with `leave_putters` or `leave_takers`. One thread uses an object.
class ChannelRing {
  public:
    /// Bytes of a piece, at most.
    static constexpr std::size_t piece_bytes = 64 * 1024;

    /// What a try has come to.
    enum class Status : std::uint32_t {
        done,    ///< put, or taken to the item's end
        begun,   ///< a piece is taken, and more of the item will come
        wait,    ///< not yet; the caller stands in the queue
        busy,    ///< the lock was held for long; try again at once
        broken,  ///< the item that was begun has no end: its putter gave up or died
        closed,  ///< nobody is there to take, or nothing is left and nobody is there to put
    };
    /// What a piece is to its item.
    enum Mark : std::uint32_t { middle = 0, first = 1, last = 2, whole = 3 };

    /// `data` are `capacity` bytes, mapped twice in a row, so that a piece lies in one wherever it starts. It
    /// may hold `maxsize` items; 0: as many as fit.
    ChannelRing(ChannelControl& control, std::byte* data, std::uint64_t capacity, std::uint64_t maxsize)
        : control_(&control),
          data_(data),
          capacity_(capacity),
          mask_(std::has_single_bit(capacity) ? capacity - 1 : 0),
          maxsize_(maxsize) {}

    /// Whether to stand in the queue where it is not one's turn. Who does not passes those who do only where
    /// there is more than they wait for; `busy` says that there is something, but they may want it: look
    /// again.
    enum class Join { yes, no };

    /// Puts a piece; that with the mark `first` waits for its turn and for room.
    Status put(QueuePosition& position, Waiter const& who, std::span<std::byte const> piece,
               std::uint32_t marks, Join join = Join::yes);
    /// Takes the first piece of the next item into `to`.
    Status take(QueuePosition& position, Waiter const& who, std::vector<std::byte>& to,
                Join join = Join::yes);
    // Cost little. False where somebody waits, a large item is on its way, or more has to be looked at.
    bool put_at_once(std::span<std::byte const> item);
    bool take_at_once(std::vector<std::byte>& to);
    /// An item of just so many bytes.
    bool take_at_once(std::span<std::byte> to);
    /// Takes the next piece of an item that has been begun.
    Status take_more(QueuePosition& position, std::vector<std::byte>& to);
    /// One task_done: `done`, or `broken` if there were as many as items before.
    Status count_done();

    /// Gives up waiting, or an item that has been begun; at once, also where the lock cannot be had.
    void leave_putters(QueuePosition& position);
    void leave_takers(QueuePosition& position);
    /// Stands with the watchers, unless the lock cannot be had.
    void watch(QueuePosition& position, Waiter const& who);
    void leave_watchers(QueuePosition& position);

    /// Whether a try that had to wait is worth repeating; without the lock.
    [[nodiscard]] bool may_put(QueuePosition const& position, std::size_t bytes) const;
    [[nodiscard]] bool may_take(QueuePosition const& position) const;
    [[nodiscard]] bool may_take_more() const;
    /// The next item, or the end, could be taken without waiting.
    [[nodiscard]] bool is_readable();
    /// The same without the lock, which is worth taking only then.
    [[nodiscard]] bool may_be_readable() const;
    [[nodiscard]] std::uint64_t size() const;
    /// Items that task_done is to be called for; none where nobody can any more.
    [[nodiscard]] std::uint64_t unfinished() const {
        return is_over() ? 0 : control_->puts - control_->dones;
    }
    [[nodiscard]] bool is_full() const { return maxsize_ > 0 && size() >= maxsize_; }
    [[nodiscard]] bool is_damaged() const { return control_->is_damaged != 0; }

    /// The lines, for set_asleep.
    [[nodiscard]] WaitQueue& putters() { return control_->putters; }
    [[nodiscard]] WaitQueue& takers() { return control_->takers; }
    [[nodiscard]] WaitQueue& watchers() { return control_->watchers; }

    // For the channel's home. They answer false where the lock was held for long, to be called again.
    /// Clears away what a process that has died or let go of the channel was activity.
    bool forget(Address process);
    /// Their home is lost with its processes: nobody counts the ends any more, so that both have ended.
    bool lose_home(Rank home);
    bool end_putting();
    bool end_taking();

    /// True where an item has come, for somebody who looks again and again; its memory comes along.
    [[nodiscard]] bool look() const {
        __builtin_prefetch(at(control_->head));
        return !is_empty();
    }

  private:
    class Locked;
    struct PieceHeader {
        std::uint32_t size = 0;
        std::uint32_t marks = 0;
        std::uint64_t number = 0;  ///< of the item, from 1; in its last piece
    };
    struct Damage {};

    /// Of a change that others may wait for: they say that they sleep and look once more, and it comes before
    /// a look at what they say.
    static constexpr auto for_sleepers = std::memory_order_seq_cst;

    /// What a piece takes with its header.
    static constexpr std::uint64_t space_of(std::size_t bytes) {
        return sizeof(PieceHeader) + ((bytes + 15) & ~std::uint64_t{15});
    }

    template <class Change>
    Status change(Change change);
    template <class Change>
    bool settle(Change change);
    void damage(Wakes& wakes);
    [[nodiscard]] bool is_sane() const;
    [[nodiscard]] bool is_over() const { return control_->no_writers != 0 && control_->no_readers != 0; }

    [[nodiscard]] bool is_empty() const { return control_->head == control_->tail; }
    [[nodiscard]] std::byte* at(std::uint64_t position) const {
        return data_ + (mask_ != 0 ? position & mask_ : position % capacity_);
    }
    [[nodiscard]] PieceHeader first_header() const;
    [[nodiscard]] PieceHeader header_at(std::uint64_t position, std::uint64_t end) const;
    [[nodiscard]] bool has_room(std::size_t bytes) const;
    [[nodiscard]] bool does_anybody_wait() const;
    [[nodiscard]] bool has_seen_room(std::uint64_t tail, std::size_t bytes);
    void append(std::span<std::byte const> piece, std::uint32_t marks);
    void write(std::span<std::byte const> piece, std::uint32_t marks, std::memory_order order);
    PieceHeader take_first(std::vector<std::byte>& to);
    template <class Take>
    bool take_whole(Take take);
    void remove_first(PieceHeader const& header, std::memory_order order);
    void skip_remains();
    [[nodiscard]] bool has_more_than_line() const;
    Status put_beside_line(Wakes& wakes, std::span<std::byte const> piece, std::uint32_t marks);
    Status take_beside_line(Wakes& wakes, std::vector<std::byte>& to);
    void start_again();
    void recover();
    void wake_takers(Wakes& wakes);
    void wake_putters(Wakes& wakes);
    void wake_all(Wakes& wakes);

    ChannelControl* control_;
    std::byte* data_;
    std::uint64_t capacity_;
    std::uint64_t mask_;  ///< 0 where that is no power of two
    std::uint64_t maxsize_;
};

}  // namespace rankpool::link
