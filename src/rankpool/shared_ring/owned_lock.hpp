// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace rankpool::link {

/// A lock in memory that processes of one node share, and that begins zeroed. It says which process holds it,
/// so that one that has died with it can be found out. Unlike a mutex of the system it is one number, with
/// nothing that is followed: whatever a wild pointer writes there, no other process comes to harm by it.
/// Threads of one process exclude each other, too. Nothing here waits.
class OwnedLock {
  public:
    /// Takes it if it is free.
    [[nodiscard]] bool try_take() {
        std::uint64_t nobody = 0;
        if (holder_.load(std::memory_order_relaxed) != 0) return false;
        return holder_.compare_exchange_strong(nobody, self(), std::memory_order_acquire);
    }
    /// Takes it over if the process that holds it has ended. Costs some system calls.
    [[nodiscard]] bool try_take_from_dead();
    void give() {
        // Not where it is another's by now.
        if (holder_.load(std::memory_order_relaxed) == self()) holder_.store(0, std::memory_order_release);
    }

  private:
    /// This process.
    static std::uint64_t self() {
        std::uint64_t const known = own_name.load(std::memory_order_relaxed);
        return known != 0 ? known : name_self();
    }
    static std::uint64_t name_self();

    static std::atomic<std::uint64_t> own_name;
    std::atomic<std::uint64_t> holder_;
};

}  // namespace rankpool::link
