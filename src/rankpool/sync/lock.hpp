// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/sync/client.hpp"

#include <chrono>
#include <cstdint>

namespace rankpool {

class Condition;

namespace sync {

/// What Lock and RLock have in common.
class LockHandle {
  public:
    LockHandle() = default;
    explicit LockHandle(channel::Handle handle) : handle_(std::move(handle)) {}

    /// Takes the lock, waiting for it: first come, first served, but for those of its home's node who come
    /// within half a millisecond, for whom it may be free in between. True. Throws DeadlockError where nobody
    /// could ever release it, ClosedError where its home is lost. No message where it is free and its home on
    /// this node (but for a process's first time), else one round trip to its home.
    bool acquire() const { return acquire_until(Deadline::never()); }
    /// The same; false when it could not be had in time. A timeout below 0 is 0.
    template <class Rep, class Period>
    bool acquire(std::chrono::duration<Rep, Period> timeout) const {
        return acquire_until(Deadline::after(timeout));
    }
    /// Takes it if that needs no waiting.
    bool try_acquire() const { return acquire(std::chrono::seconds{0}); }
    /// Gives it back. Throws UsageError where it is not held. No message where it was got by none and nobody
    /// waits, else one round trip.
    void release() const;

    /// The names that the standard's guards use.
    void lock() const { acquire(); }
    bool try_lock() const { return try_acquire(); }
    template <class Rep, class Period>
    bool try_lock_for(std::chrono::duration<Rep, Period> timeout) const {
        return acquire(timeout);
    }
    /// As `release`, but silent where the lock's home is lost: a guard's end must not throw for that.
    void unlock() const;

    /// True if somebody holds it.
    [[nodiscard]] bool locked() const;
    /// True in the process that has got the lock from an owner that ended without releasing it, until it
    /// releases it: what the lock protects may be half changed.
    [[nodiscard]] bool owner_died() const;
    /// How often owners have ended without releasing it.
    [[nodiscard]] std::uint64_t generation() const;

  protected:
    template <class Archive>
    void travel(Archive& archive) {
        handle_.serialize(archive, false);
    }

  private:
    friend class rankpool::Condition;

    bool acquire_until(Deadline const& deadline, std::int64_t times = 1) const;
    /// Releases it as often as it is held; returns how often that was.
    [[nodiscard]] std::int64_t release_wholly() const;
    [[nodiscard]] bool is_held_here() const;

    channel::Handle handle_;
};

}  // namespace sync

/// A lock for the processes of the whole job, as Python's multiprocessing.Lock
/// (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Lock): made by Context::lock,
/// passed on as an argument, a result or an item. Its owner is the process that has taken it. Where that ends
/// without releasing it, the next gets it and can ask `owner_died`. Any process may release it. Differs from
/// Python: a process that waits without a timeout for a Lock which it holds itself, or in a cycle with
/// others, gets a DeadlockError, also where a third one meant to release it; hand over by a Semaphore or an
/// Event instead. `release` is seen by whoever acquires next, together with what was written before it.
class Lock : public sync::LockHandle {
  public:
    using LockHandle::LockHandle;

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        travel(archive);
    }
};

/// A lock that its owner may take again, and must release as often, as Python's multiprocessing.RLock
/// (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.RLock). As Lock otherwise, but
/// that only its owner, a process, may release it.
class RLock : public sync::LockHandle {
  public:
    using LockHandle::LockHandle;

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        travel(archive);
    }
};

}  // namespace rankpool
