// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/handle.hpp"
#include "rankpool/channel/item.hpp"
#include "rankpool/core/error.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace rankpool {

/// How a pipe is made.
struct PipeOptions {
    /// Bytes that may be on their way in each direction, beyond which `send` waits. Memory is used as it
    /// fills.
    std::uint64_t max_bytes = std::uint64_t{64} * 1024 * 1024;
};

namespace channel {

/// A connection without its types.
class AnyConnection {
  public:
    AnyConnection() = default;
    explicit AnyConnection(Handle handle) : handle_(std::move(handle)) {}

    /// True when a message is there, or the end: then `recv` does not wait. Throws ClosedError after close.
    [[nodiscard]] bool poll() const { return poll_until(Deadline::after(std::chrono::seconds{0})); }
    /// The same, waiting for one at most so long.
    template <class Rep, class Period>
    [[nodiscard]] bool poll(std::chrono::duration<Rep, Period> timeout) const {
        return poll_until(Deadline::after(timeout));
    }

    /// This process lets go of the end; when all who hold it have, the other end gets EndOfFile.
    void close() { handle_.close(); }
    [[nodiscard]] bool closed() const { return handle_.is_closed(); }

    /// For `rankpool::wait`: ready when `recv` would not wait.
    operator Waitable() const { return handle_.waitable(); }
    [[nodiscard]] Endpoint& endpoint() const { return handle_.endpoint(); }

  protected:
    template <class Archive>
    void serialize_handle(Archive& archive) {
        handle_.serialize(archive, true);
    }

  private:
    [[nodiscard]] bool poll_until(Deadline const& deadline) const;

    Handle handle_;
};

[[noreturn]] void throw_end_of_file();

}  // namespace channel

/// One end of a pipe, as Python's multiprocessing.Connection, with the types of what it sends and receives:
/// made by Context::pipe, passed on as an argument, a result or an item. Copies are the same end. Messages
/// keep their order and bounds.
template <class Out, class In>
class Connection : public channel::AnyConnection {
  public:
    using channel::AnyConnection::AnyConnection;

    /// Sends a value; waits while too many bytes are on their way. Throws SerializationError where it cannot
    /// travel, EndOfFile where every other end is closed or dead, ClosedError after close.
    void send(Out const& value) {
        if (channel::put_value(endpoint(), value, Deadline::never()) != channel::Result::done) {
            channel::throw_end_of_file();
        }
    }
    /// Waits for a value and takes it. Throws EndOfFile when nothing is left and every other end is closed or
    /// dead, ClosedError after close.
    In recv() {
        channel::Result why{};
        auto value = channel::take_value<In>(endpoint(), Deadline::never(), why);
        if (!value) channel::throw_end_of_file();
        return std::move(*value);
    }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        serialize_handle(archive);
    }
};

}  // namespace rankpool
