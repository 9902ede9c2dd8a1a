// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/sync/lock.hpp"

#include <chrono>

namespace rankpool {

/// Lets processes of the whole job wait, under a lock, until another says that something has changed, as
/// Python's multiprocessing.Condition
/// (https://docs.python.org/3/library/threading.html#condition-objects): made by Context::condition, and
/// travels. Waiters that end are forgotten; what they were notified of and had not taken goes to another. All
/// throw ClosedError where its home or its lock's is lost. `wait` costs four round trips, `notify` two.
class Condition {
  public:
    Condition() = default;
    Condition(channel::Handle handle, sync::LockHandle lock)
        : handle_(std::move(handle)), lock_(std::move(lock)) {}

    /// Those of its lock.
    bool acquire() const { return lock_.acquire(); }
    template <class Rep, class Period>
    bool acquire(std::chrono::duration<Rep, Period> timeout) const {
        return lock_.acquire(timeout);
    }
    bool try_acquire() const { return lock_.try_acquire(); }
    void release() const { lock_.release(); }
    void lock() const { lock_.lock(); }
    bool try_lock() const { return lock_.try_lock(); }
    void unlock() const { lock_.unlock(); }

    /// Lets go of the lock, waits to be notified, and takes the lock again, as often as it was held. True.
    /// Throws UsageError where this process does not hold the lock.
    bool wait() const { return wait_until(Deadline::never()); }
    /// The same; false when it was not notified in time.
    template <class Rep, class Period>
    bool wait(std::chrono::duration<Rep, Period> timeout) const {
        return wait_until(Deadline::after(timeout));
    }
    /// Waits until `predicate()`, which is called here with the lock held, gives true. Returns what it gave
    /// last.
    template <class Predicate>
    auto wait_for(Predicate predicate) const {
        return wait_for_until(predicate, Deadline::never());
    }
    template <class Predicate, class Rep, class Period>
    auto wait_for(Predicate predicate, std::chrono::duration<Rep, Period> timeout) const {
        return wait_for_until(predicate, Deadline::after(timeout));
    }

    /// Wakes up to `n` of those who wait, or all. Throws UsageError where this process does not hold the
    /// lock.
    void notify(long n = 1) const;
    void notify_all() const;

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        handle_.serialize(archive, false);
        lock_.travel(archive);
    }

    template <class Predicate>
    auto wait_for_until(Predicate& predicate, Deadline const& deadline) const {
        auto result = predicate();
        while (!result && !deadline.passed()) {
            wait_until(deadline);
            result = predicate();
        }
        return result;
    }
    bool wait_until(Deadline const& deadline) const;
    void require_lock() const;

    channel::Handle handle_;
    sync::LockHandle lock_;
};

}  // namespace rankpool
