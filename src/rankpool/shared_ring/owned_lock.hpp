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
    [[nodiscard]] bool try_take();
    /// Takes it over if the process that holds it has ended. Costs some system calls.
    [[nodiscard]] bool try_take_from_dead();
    void give();

  private:
    std::atomic<std::uint64_t> holder_;
};

}  // namespace rankpool::link
