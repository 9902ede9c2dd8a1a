// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/sync/client.hpp"

#include <chrono>

namespace rankpool {

/// Counts units that processes of the whole job take and give, as Python's multiprocessing.Semaphore
/// (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Semaphore): made by
/// Context::semaphore, and travels. First come, first served. Units that a process has taken and not given
/// back return when it is killed or fails; when it ends with exit code 0 they are used up. Each operation is
/// a round trip to its home; all throw ClosedError where that is lost.
class Semaphore {
  public:
    Semaphore() = default;
    explicit Semaphore(channel::Handle handle) : handle_(std::move(handle)) {}

    /// Takes a unit, waiting for one. True.
    bool acquire() const { return acquire_until(Deadline::never()); }
    /// The same; false when there was none in time.
    template <class Rep, class Period>
    bool acquire(std::chrono::duration<Rep, Period> timeout) const {
        return acquire_until(Deadline::after(timeout));
    }
    bool try_acquire() const { return acquire(std::chrono::seconds{0}); }
    /// Gives `n` units, by whomever they were taken. Throws UsageError for n below 1, and where there would
    /// be more than there may be: then none is given.
    void release(long n = 1) const;
    /// Units that are there.
    [[nodiscard]] long value() const;

    /// The names that the standard's guards use.
    void lock() const { acquire(); }
    bool try_lock() const { return try_acquire(); }
    /// As `release`, but silent where its home is lost.
    void unlock() const;

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        handle_.serialize(archive, false);
    }

    bool acquire_until(Deadline const& deadline) const;

    channel::Handle handle_;
};

/// A semaphore that never has more units than it began with, as Python's multiprocessing.BoundedSemaphore.
class BoundedSemaphore : public Semaphore {
  public:
    using Semaphore::Semaphore;

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& static_cast<Semaphore&>(*this);
    }
};

}  // namespace rankpool
