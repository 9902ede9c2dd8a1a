// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/sync/client.hpp"

#include <boost/serialization/access.hpp>

#include <chrono>
#include <cstdint>

namespace rankpool {

/// Where processes of the whole job wait until so many have come, again and again, as Python's
/// multiprocessing.Barrier (https://docs.python.org/3/library/threading.html#barrier-objects): made by
/// Context::barrier, and travels. It breaks for all when one of those who wait ends or comes to its timeout,
/// until it is reset. Each operation is a round trip to its home; all throw ClosedError where that is lost.
class Barrier {
  public:
    Barrier() = default;
    /// `action`: of which callable, 0 for none.
    Barrier(channel::Handle handle, std::uint32_t action) : handle_(std::move(handle)), action_(action) {}

    /// Waits for the others. Returns its place in order of arrival, 0 to parties - 1. The last calls the
    /// action and gets what that throws. Throws BrokenBarrier, which tells who is missing.
    long wait() const { return wait_until(Deadline::never()); }
    /// The same; at the timeout it breaks.
    template <class Rep, class Period>
    long wait(std::chrono::duration<Rep, Period> timeout) const {
        return wait_until(Deadline::after(timeout));
    }
    /// Breaks it.
    void abort() const;
    /// Makes it as new; those who wait get BrokenBarrier.
    void reset() const;

    [[nodiscard]] long parties() const;
    /// How many wait now.
    [[nodiscard]] long n_waiting() const;
    [[nodiscard]] bool broken() const;

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        handle_.serialize(archive, false);
        archive& action_;
    }

    long wait_until(Deadline const& deadline) const;
    void act(std::uint64_t number) const;

    channel::Handle handle_;
    std::uint32_t action_ = 0;
};

}  // namespace rankpool
