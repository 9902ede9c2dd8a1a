// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"
#include "rankpool/shared/priority_store.hpp"
#include "rankpool/shared/store.hpp"

#include <boost/serialization/access.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace rankpool {

/// A queue that gives the smallest item first, of equal ones the older, between any processes of the job, as
/// Python's queue.PriorityQueue (https://docs.python.org/3/library/queue.html): made by
/// Context::priority_queue, and travels. Copies are the same queue. T is a number, an enum, a duration, a
/// std::string, a vector of such, or a pair or tuple that begins with such: it is ordered by its elements up
/// to the first that is nothing of these, NaN above all numbers. Items are kept by the rank that the queue
/// was made on; each operation is a round trip to it, and one more for each 128 KiB. An item is taken when
/// `get` has it: where a process is killed before, another gets it. Those who wait are served in order of
/// arrival.
template <class T>
class PriorityQueue {
    static_assert(
        shared::has_order<T>,
        "this type has no order that a priority queue knows (the rank that keeps it runs no code of "
        "yours). Put a number in front: std::pair<double, T>?");

  public:
    PriorityQueue() = default;
    explicit PriorityQueue(shared::PriorityStore store) : store_(std::move(store)) {}

    /// Puts an item in, waiting for room. Throws SerializationError where it cannot travel; ClosedError after
    /// close, and where its rank is lost.
    void put(T const& item) const { put_until(item, Deadline::never()); }
    /// The same; throws Full when there is no room in time.
    template <class Rep, class Period>
    void put(T const& item, std::chrono::duration<Rep, Period> timeout) const {
        put_until(item, Deadline::after(timeout));
    }
    void put_nowait(T const& item) const { put(item, std::chrono::seconds{0}); }

    /// Takes the smallest item, waiting for one. Throws ClosedError after close, and where its rank is lost.
    T get() const { return get_until(Deadline::never()); }
    /// The same; throws Empty when there is none in time.
    template <class Rep, class Period>
    T get(std::chrono::duration<Rep, Period> timeout) const {
        return get_until(Deadline::after(timeout));
    }
    T get_nowait() const { return get(std::chrono::seconds{0}); }

    /// Items in it, at some moment of the call.
    [[nodiscard]] std::size_t qsize() const { return store_.state().size; }
    [[nodiscard]] bool empty() const { return qsize() == 0; }
    /// True if it holds `maxsize` items.
    [[nodiscard]] bool full() const { return store_.state().is_full; }

    /// True when `get` would not wait, unless another process is faster.
    [[nodiscard]] bool poll() const { return store_.poll(Deadline::after(std::chrono::seconds{0})); }
    /// The same, waiting for an item at most so long.
    template <class Rep, class Period>
    [[nodiscard]] bool poll(std::chrono::duration<Rep, Period> timeout) const {
        return store_.poll(Deadline::after(timeout));
    }
    /// For `rankpool::wait`: ready when `get` would not wait.
    operator Waitable() const { return store_.waitable(); }

    /// This process is done with it; others may go on.
    void close() { store_.close(); }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        store_.serialize(archive, 0);
    }

    void put_until(T const& item, Deadline const& deadline) const {
        if (store_.put(shared::order_key(item), shared::encoded(item), deadline)) return;
        throw Full("the queue had no room in time (it is full). Wait longer, or take from it?");
    }
    T get_until(Deadline const& deadline) const {
        std::optional<T> item;
        if (store_.get([&](auto bytes) { item.emplace(shared::value_in<T>(bytes)); }, deadline)) {
            return std::move(*item);
        }
        throw Empty("the queue had no item in time (it is empty). Wait longer, or put into it?");
    }

    shared::PriorityStore store_;
};

}  // namespace rankpool
