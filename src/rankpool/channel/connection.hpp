// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/handle.hpp"
#include "rankpool/channel/item.hpp"
#include "rankpool/core/error.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace rankpool {

/// How a pipe is made.
struct PipeOptions {
    /// Bytes that may be on their way in each direction, beyond which `send` waits. Memory is used as it
    /// fills.
    std::uint64_t max_bytes = std::uint64_t{64} * 1024 * 1024;
};

namespace channel {

/// Which ways messages go at an end of a pipe.
enum class Direction : std::uint8_t { both, in, out };

/// What a message is; its first byte.
enum class Message : std::uint8_t { value = 1, bytes = 2 };

/// A connection without its types.
class AnyConnection {
  public:
    AnyConnection() = default;
    explicit AnyConnection(Handle handle, Direction direction = Direction::both)
        : handle_(std::move(handle)), direction_(direction) {}

    /// Sends bytes as one message, of any size; waits and throws as `send` does. Memory of other types is
    /// sent by std::as_bytes.
    void send_bytes(std::span<std::byte const> bytes);
    void send_bytes(std::string_view text) { send_bytes(std::as_bytes(std::span{text})); }
    /// Waits for a message of bytes and takes it; throws as `recv` does, and SerializationError where the
    /// message is a value, which is gone then.
    std::vector<std::byte> recv_bytes();
    /// The same, into the front of `to`; returns how many bytes it was. Throws BufferTooShort, which has the
    /// message, where they are too many: then `to` is as it was.
    std::size_t recv_bytes_into(std::span<std::byte> to);

    /// True when a message is there, or the end: then `recv` does not wait. Throws ClosedError after close,
    /// UsageError where this end can only send.
    [[nodiscard]] bool poll() const { return poll_until(Deadline::after(std::chrono::seconds{0})); }
    /// The same, waiting for one at most so long.
    template <class Rep, class Period>
    [[nodiscard]] bool poll(std::chrono::duration<Rep, Period> timeout) const {
        return poll_until(Deadline::after(timeout));
    }

    /// False at the end of a one-way pipe that is for sending, or for receiving.
    [[nodiscard]] bool readable() const { return direction_ != Direction::out; }
    [[nodiscard]] bool writable() const { return direction_ != Direction::in; }

    /// This process lets go of the end; when all who hold it have, the other end gets EndOfFile.
    void close() { handle_.close(); }
    [[nodiscard]] bool closed() const { return handle_.is_closed(); }

    /// For `rankpool::wait`: ready when `recv` would not wait.
    operator Waitable() const;
    [[nodiscard]] Endpoint& endpoint() const { return handle_.endpoint(); }

  protected:
    /// Waits for room and puts what `write(sink)` writes. Throws EndOfFile, ClosedError and UsageError.
    template <class Write>
    void put(Message kind, Write write) {
        auto const result = put_item(sending(), Deadline::never(), [&](wire::Sink& sink) {
            sink.write(&kind, sizeof kind);
            write(sink);
        });
        if (result != Result::done) throw_end_of_file();
    }
    /// Waits for a message and takes it, as what `read(source)` makes of it. Throws the same, and
    /// SerializationError where it is of another kind.
    template <class Read>
    auto take(Message kind, Read read) {
        Result why{};
        auto taken = take_item(receiving(), Deadline::never(), why, [&](ItemSource& source) {
            require_kind(source, kind);
            return read(source);
        });
        if (!taken) throw_end_of_file();
        return std::move(*taken);
    }

    /// The same for values that are items as they lie in memory.
    template <class T>
    void put_plain(T const& value) {
        PlainMessage<T> message;
        message.front() = static_cast<std::byte>(Message::value);
        std::memcpy(message.data() + 1, &value, sizeof value);
        if (put_plain_item(sending(), message, Deadline::never()) != Result::done) throw_end_of_file();
    }
    /// Only where one comes soon.
    template <class T>
    std::optional<T> take_plain() {
        PlainMessage<T> message;
        if (!take_plain_item(receiving(), message)) return std::nullopt;
        wire::Source source{message};
        require_kind(source, Message::value);
        return wire::decode<T>(source);
    }

    template <class Archive>
    void serialize_handle(Archive& archive) {
        handle_.serialize(archive, true);
        archive& direction_;
    }

  private:
    /// Its kind and its bytes.
    template <class T>
    using PlainMessage = std::array<std::byte, sizeof(Message) + sizeof(T)>;

    [[nodiscard]] bool poll_until(Deadline const& deadline) const;
    [[nodiscard]] Endpoint& sending() const;
    [[nodiscard]] Endpoint& receiving() const;
    static void require_kind(wire::Source& source, Message kind);
    [[noreturn]] static void throw_end_of_file();

    Handle handle_;
    Direction direction_ = Direction::both;
};

}  // namespace channel

/// One end of a pipe, as Python's multiprocessing.Connection, with the types of what it sends and receives:
/// made by Context::pipe or one_way_pipe, passed on as an argument, a result or an item. Copies are the same
/// end. Messages, values and bytes, keep their order and bounds.
template <class Out, class In = Out>
class Connection : public channel::AnyConnection {
  public:
    using channel::AnyConnection::AnyConnection;

    /// Sends a value; waits while too many bytes are on their way. Throws SerializationError where it cannot
    /// travel, EndOfFile where every other end is closed or dead, ClosedError after close, UsageError where
    /// this end can only receive.
    void send(Out const& value) {
        if constexpr (channel::PlainItem<Out>) {
            put_plain(value);
        } else {
            put(channel::Message::value, [&](wire::Sink& sink) { wire::encode(sink, value); });
        }
    }
    /// Waits for a value and takes it. Throws EndOfFile when nothing is left and every other end is closed or
    /// dead, ClosedError after close, UsageError where this end can only send, SerializationError where the
    /// message is one of bytes, which is gone then.
    In recv() {
        if constexpr (channel::PlainItem<In>) {
            if (auto const value = take_plain<In>()) return *value;
        }
        return take(channel::Message::value, [](wire::Source& source) { return wire::decode<In>(source); });
    }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        serialize_handle(archive);
    }
};

/// The ends of a pipe with one direction, as Python's Pipe(duplex=False): what is against it throws
/// UsageError.
template <class T>
struct OneWayPipe {
    Connection<T> receiver;
    Connection<T> sender;
};

}  // namespace rankpool
