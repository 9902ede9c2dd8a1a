// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/queue.hpp"

namespace rankpool {

/// A queue whose items are waited for until they have been dealt with, as Python's JoinableQueue.
template <class T>
class JoinableQueue : public Queue<T> {
  public:
    using Queue<T>::Queue;

    /// An item that was taken has been dealt with. Throws UsageError when called more often than there were
    /// items.
    void task_done() {
        if (!this->port()->count_done()) {
            throw UsageError("task_done was called too often (each item that was put had its task_done)");
        }
    }
    /// Waits until there has been a task_done for every item that was put.
    void join() { (void)join_until(Deadline::never()); }
    /// The same; false when that is not so in time.
    template <class Rep, class Period>
    bool join(std::chrono::duration<Rep, Period> timeout) {
        return join_until(Deadline::after(timeout));
    }

  private:
    bool join_until(Deadline const& deadline) {
        auto const port = this->port();
        bool const is_finished = port->wait_finished(deadline);
        port.require_open();
        return is_finished;
    }

    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int version) {
        boost::serialization::access::serialize(archive, static_cast<Queue<T>&>(*this), version);
    }
};

}  // namespace rankpool
