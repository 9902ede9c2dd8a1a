// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/shared_ring/owned_lock.hpp"

#include <sched.h>

namespace rankpool::link {

/// A lock for as long as this lives, if it could be had.
class HeldLock {
  public:
    /// So often it is tried before others are let on.
    static constexpr int tries_at_once = 40;

    HeldLock(OwnedLock& lock, int most_tries) : lock_(lock) {
        for (int i = 0; i < most_tries && !held_; ++i) {
            held_ = lock_.try_take();
            if (!held_ && i >= tries_at_once) ::sched_yield();
        }
    }
    ~HeldLock() {
        if (held_) lock_.give();
    }
    HeldLock(HeldLock const&) = delete;

    explicit operator bool() const { return held_; }
    /// True where it has been taken from a process that is dead.
    bool take_from_dead() { return !held_ && (held_ = lock_.try_take_from_dead()); }

  private:
    OwnedLock& lock_;
    bool held_ = false;
};

}  // namespace rankpool::link
