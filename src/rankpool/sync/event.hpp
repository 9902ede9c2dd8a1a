// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/sync/client.hpp"

#include <chrono>

namespace rankpool {

/// A flag that processes of the whole job wait for, as Python's multiprocessing.Event
/// (https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Event): made by Context::event,
/// not set at first, and travels. It stays as it is whoever ends. Each operation is a round trip to its home;
/// all throw ClosedError where that is lost.
class Event {
  public:
    Event() = default;
    explicit Event(channel::Handle handle) : handle_(std::move(handle)) {}

    /// Sets it and lets go all who wait.
    void set() const;
    void clear() const;
    [[nodiscard]] bool is_set() const;
    /// Waits until it is set. True.
    bool wait() const { return wait_until(Deadline::never()); }
    /// The same; false when it was not set in time.
    template <class Rep, class Period>
    bool wait(std::chrono::duration<Rep, Period> timeout) const {
        return wait_until(Deadline::after(timeout));
    }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        handle_.serialize(archive, false);
    }

    bool wait_until(Deadline const& deadline) const;

    channel::Handle handle_;
};

}  // namespace rankpool
