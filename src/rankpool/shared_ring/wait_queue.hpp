// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"
#include "rankpool/core/wake_socket.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rankpool::link {

/// Who waits: a process, and the socket to wake it by, or whoever acts for it.
struct Waiter {
    Address process;
    WakeSocket::Name bell;
};

/// A position in a WaitQueue, kept by the one who stands there.
struct QueuePosition {
    std::uint64_t number = 0;
    bool is_taken = false;
};

/// Those who wait for the same thing, in order of arrival, in memory that processes share and that begins
/// zeroed. Each step of a change is one store, so that one who dies in the middle leaves a queue that holds.
/// Used under the lock of what is waited for, but for the functions that say otherwise.
class WaitQueue {
  public:
    static constexpr std::size_t capacity = 4096;

    /// Stands at the end, if not in the queue already. Throws UsageError when the queue is full.
    void join(QueuePosition& position, Waiter const& who);
    void leave(QueuePosition& position);
    /// Leaves without the lock, where that cannot be had; others close up later.
    void abandon(QueuePosition& position);
    /// Lets the queue begin with one who is there.
    void close_up();
    /// Takes a dead process out, wherever it stands.
    void remove(Address process);
    /// Takes out all processes of a rank.
    void remove_rank(Rank rank);

    /// True when `position` is the first, or would be.
    [[nodiscard]] bool has_turn(QueuePosition const& position) const;
    [[nodiscard]] bool is_empty() const;
    [[nodiscard]] std::size_t count() const;
    [[nodiscard]] bool is_first(Address process) const;
    /// True when who stands first has left without the lock.
    [[nodiscard]] bool must_close_up() const;
    /// False where somebody has written here who should not.
    [[nodiscard]] bool is_sane() const { return end_ - first_ <= capacity; }

    /// Says that the one at `position` is about to sleep, or no longer; without the lock.
    void set_asleep(QueuePosition const& position, bool asleep);
    /// The first one's socket if it sleeps; it counts as woken then.
    std::optional<WakeSocket::Name> wake_first();
    /// The same for all: calls `wake(name)`.
    template <class Wake>
    void wake_all(Wake wake) {
        for_each([&](Entry& entry) { wake_if_asleep(entry, wake); });
    }
    /// The same for whoever may be anywhere in a queue that is not sane.
    template <class Wake>
    void wake_everywhere(Wake wake) {
        for (Entry& entry : entries_) wake_if_asleep(entry, wake);
    }

  private:
    struct Entry {
        std::atomic<std::uint32_t> present;
        std::atomic<std::uint32_t> asleep;
        Waiter who;
    };

    template <class Wake>
    static void wake_if_asleep(Entry& entry, Wake& wake) {
        if (entry.present != 0 && entry.asleep.exchange(0) != 0) wake(entry.who.bell);
    }
    /// All who stand in it. It ends whatever is written to it meanwhile.
    template <class Visit>
    void for_each(Visit visit) {
        std::uint64_t const first = first_;
        std::uint64_t const count = std::min<std::uint64_t>(end_ - first, capacity);
        for (std::uint64_t i = 0; i < count; ++i) visit(at(first + i));
    }

    Entry& at(std::uint64_t number) { return entries_[number % capacity]; }
    [[nodiscard]] Entry const& at(std::uint64_t number) const { return entries_[number % capacity]; }

    std::atomic<std::uint64_t> first_;
    std::atomic<std::uint64_t> end_;
    std::array<Entry, capacity> entries_;
};

}  // namespace rankpool::link
