// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/handle.hpp"
#include "rankpool/channel/item.hpp"
#include "rankpool/core/error.hpp"

#include <chrono>
#include <cstdint>

namespace rankpool {

/// How a queue is made.
struct QueueOptions {
    /// Items that it may hold; 0: as many as fit.
    std::size_t maxsize = 0;
    /// Bytes that may wait in it, beyond which `put` waits. Memory is used as it fills.
    std::uint64_t max_bytes = std::uint64_t{256} * 1024 * 1024;
};

/// A first-in first-out queue between any processes of the job, as Python's multiprocessing.Queue: made by
/// Context::queue, passed on as an argument, a result or an item. Copies are the same queue. Its items are
/// kept by the rank that it was made on, so that it outlives the process that filled it, and are freed when
/// no process holds it any more. Blocked callers are served in order of arrival. Differs from Python: `put`
/// has put when it returns, there is no feeder thread; `close` also ends `get`.
template <class T>
class Queue {
  public:
    Queue() = default;
    explicit Queue(channel::Handle handle) : handle_(std::move(handle)) {}

    /// Appends an item, waiting for room. Throws SerializationError and leaves the queue as it was where the
    /// item cannot travel; ClosedError after close.
    void put(T const& item) { put_until(item, Deadline::never()); }
    /// The same; throws Full when there is no room in time.
    template <class Rep, class Period>
    void put(T const& item, std::chrono::duration<Rep, Period> timeout) {
        put_until(item, Deadline::after(timeout));
    }
    void put_nowait(T const& item) { put(item, std::chrono::seconds{0}); }

    /// Takes the first item, waiting for one. Throws ClosedError after close.
    T get() { return get_until(Deadline::never()); }
    /// The same; throws Empty when there is none in time.
    template <class Rep, class Period>
    T get(std::chrono::duration<Rep, Period> timeout) {
        return get_until(Deadline::after(timeout));
    }
    T get_nowait() { return get(std::chrono::seconds{0}); }

    /// Items in it; with other processes at work, they are so many at some moment of the call.
    [[nodiscard]] std::size_t qsize() const { return port()->state().size; }
    [[nodiscard]] bool empty() const { return qsize() == 0; }
    /// True if it holds `maxsize` items.
    [[nodiscard]] bool full() const { return port()->state().is_full; }

    /// True when `get` would not wait, unless another process is faster. Throws ClosedError after close.
    [[nodiscard]] bool poll() const { return handle_.poll(Deadline::after(std::chrono::seconds{0})); }
    /// The same, waiting for an item at most so long.
    template <class Rep, class Period>
    [[nodiscard]] bool poll(std::chrono::duration<Rep, Period> timeout) const {
        return handle_.poll(Deadline::after(timeout));
    }

    /// For `rankpool::wait`: ready when `get` would not wait.
    operator Waitable() const { return handle_.waitable(); }

    /// This process is done with it; others may go on.
    void close() { handle_.close(); }

  protected:
    [[nodiscard]] channel::Endpoint::PortUse port() const { return handle_.endpoint().incoming(); }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        handle_.serialize(archive, false);
    }

    void put_until(T const& item, Deadline const& deadline) {
        channel::Result const result = channel::put_value(handle_.endpoint(), item, deadline);
        if (result == channel::Result::closed) throw_lost();
        if (result != channel::Result::done) {
            throw Full("the queue had no room in time (it is full). Wait longer, or take from it?");
        }
    }
    T get_until(Deadline const& deadline) {
        channel::Result why{};
        auto item = channel::take_value<T>(handle_.endpoint(), deadline, why);
        if (!item && why == channel::Result::closed) throw_lost();
        if (!item) throw Empty("the queue had no item in time (it is empty). Wait longer, or put into it?");
        return std::move(*item);
    }

    [[noreturn]] static void throw_lost() {
        throw EndOfFile("the queue is gone (the rank where it was made is lost). Make it on rank 0?");
    }

    channel::Handle handle_;
};

}  // namespace rankpool
