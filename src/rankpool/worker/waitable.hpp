// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace rankpool {

namespace worker {

/// Something that a process can wait for together with others.
class WaitSource {
  public:
    WaitSource() = default;
    WaitSource(WaitSource const&) = delete;
    WaitSource& operator=(WaitSource const&) = delete;
    virtual ~WaitSource() = default;

    /// What is waited for: sources of the same are watched once.
    [[nodiscard]] virtual void const* subject() const = 0;
    [[nodiscard]] virtual bool is_ready() = 0;
    // Around a wait, and before this process sleeps in it, for what is signalled by Mailbox::bell().
    virtual void begin_watch() {}
    virtual void before_sleep() {}
    virtual void end_watch() {}
};

}  // namespace worker

/// What `rankpool::wait` can wait for: made of an AsyncResult, which is ready when its call has ended; of a
/// queue or connection, which is when `get` or `recv` would not wait; of a process, which is when that has
/// ended.
class Waitable {
  public:
    explicit Waitable(std::shared_ptr<worker::WaitSource> source) : source_(std::move(source)) {}

    [[nodiscard]] worker::WaitSource& source() const { return *source_; }

  private:
    std::shared_ptr<worker::WaitSource> source_;
};

namespace worker {

/// Those that are ready, in their order: at least one, or none when the deadline has passed or there are
/// none.
std::vector<std::size_t> wait_for_any(std::vector<Waitable> const& things, Deadline const& deadline);

}  // namespace worker

/// Waits until at least one of the things is ready; returns the positions of all that are, as Python's
/// multiprocessing.connection.wait does for objects. Throws ClosedError for a queue or connection that this
/// process has closed.
inline std::vector<std::size_t> wait(std::vector<Waitable> const& things) {
    return worker::wait_for_any(things, Deadline::never());
}
/// The same; none when the timeout has passed.
template <class Rep, class Period>
std::vector<std::size_t> wait(std::vector<Waitable> const& things,
                              std::chrono::duration<Rep, Period> timeout) {
    return worker::wait_for_any(things, Deadline::after(timeout));
}

}  // namespace rankpool
