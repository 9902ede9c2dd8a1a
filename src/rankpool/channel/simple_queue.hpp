// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/queue.hpp"

namespace rankpool {

/// A queue with no more than put, get and empty, as Python's SimpleQueue: made by Context::simple_queue, a
/// value that travels. It has no bound but the memory of the node that it was made on.
template <class T>
class SimpleQueue {
  public:
    SimpleQueue() = default;
    explicit SimpleQueue(channel::Handle handle) : queue_(std::move(handle)) {}

    /// Appends an item. Throws SerializationError and leaves the queue as it was where the item cannot
    /// travel; ClosedError after close.
    void put(T const& item) { queue_.put(item); }
    /// Takes the first item, waiting for one. Throws ClosedError after close.
    T get() { return queue_.get(); }
    [[nodiscard]] bool empty() const { return queue_.empty(); }

    /// For `rankpool::wait`: ready when `get` would not wait.
    operator Waitable() const { return queue_; }

    /// This process is done with it; others may go on.
    void close() { queue_.close(); }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& queue_;
    }

    Queue<T> queue_;
};

}  // namespace rankpool
