// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/endpoint.hpp"
#include "rankpool/wire/codec.hpp"

#include <array>
#include <optional>
#include <span>
#include <type_traits>

namespace rankpool::channel {

/// Writes one item into a ring: at once when it is complete, or in pieces where it is large.
class ItemSink : public wire::Sink {
  public:
    /// What has stopped an item in the middle.
    struct Stopped : wire::StreamBroken {
        Result why;
    };

    ItemSink(Port& port, Deadline const& deadline);
    /// Gives the item up where it was begun and not finished.
    ~ItemSink() override;

    Result finish();

  private:
    void overflow(void const* data, std::size_t size) override;
    [[nodiscard]] std::span<std::byte const> piece() const;
    void use(std::byte* begin, std::size_t size);

    Port& port_;
    Deadline const& deadline_;
    std::array<std::byte, 512> small_;
    std::unique_ptr<std::byte[]> large_;
    std::byte* begin_ = nullptr;
    std::optional<Port::Passing> passing_;  ///< once it has been begun
};

/// Reads one item whose first piece has been taken.
class ItemSource : public wire::Source {
  public:
    /// The item has no end: its putter gave up or died.
    struct Broken : wire::StreamBroken {};
    /// This process has closed the end meanwhile.
    struct Closed : wire::StreamBroken {};

    ItemSource(Port& port, std::vector<std::byte> piece, bool is_whole);
    /// Takes what is left of the item.
    ~ItemSource() override;

    [[nodiscard]] bool is_complete() const override { return is_ended_; }
    /// Takes what is at hand, or the next piece where that is nothing; empty at the item's end.
    std::span<std::byte const> take_piece();

  private:
    void underflow(void* data, std::size_t size) override;
    void next_piece();

    Port& port_;
    std::vector<std::byte> piece_;
    bool is_ended_;
    std::optional<Port::Passing> passing_;
};

/// Puts what `write(sink)` writes. `done`, `late` or `closed`; lets what it throws pass, and nothing has been
/// put then.
template <class Write>
Result put_item(Endpoint& endpoint, Deadline const& deadline, Write write) {
    auto const port = endpoint.outgoing();
    port->require_whole(Port::in);
    worker::TransferScope transfer{endpoint.end().channel};
    ItemSink sink{*port, deadline};
    try {
        write(sink);
    } catch (ItemSink::Stopped const& stopped) {
        port.require_open();
        return stopped.why;
    }
    Result const result = sink.finish();
    if (result == Result::done) {
        transfer.arrives();
    } else {
        port.require_open();
    }
    return result;
}

/// Takes the next item, as what `read(source)` gives; nothing where `why` says `late` or `closed`. Lets what
/// it throws pass; the item is gone then.
template <class Read>
auto take_item(Endpoint& endpoint, Deadline const& deadline, Result& why, Read read)
    -> std::optional<std::invoke_result_t<Read&, ItemSource&>> {
    auto const port = endpoint.incoming();
    port->require_whole(Port::out);
    while (true) {
        std::vector<std::byte> piece = port->lend_piece();
        why = port->take(piece, deadline);
        if (why == Result::late || why == Result::closed) {
            port.require_open();
            return std::nullopt;
        }
        try {
            ItemSource source{*port, std::move(piece), why == Result::done};
            return read(source);
        } catch (ItemSource::Broken const&) {
            // As if it had never been put.
        } catch (ItemSource::Closed const&) {
            port.require_open();
        }
    }
}

/// As it lies in memory it is an item, with no end of a channel in it.
template <class T>
concept PlainItem = wire::Raw<T> && sizeof(T) <= 64;

inline Result put_plain_item(Endpoint& endpoint, std::span<std::byte const> item, Deadline const& deadline) {
    auto const port = endpoint.outgoing();
    port->require_whole(Port::in);
    Result const result = port->put(item, link::ChannelRing::whole, deadline);
    if (result != Result::done) port.require_open();
    return result;
}

/// Where the next item comes soon and has just so many bytes.
inline bool take_plain_item(Endpoint& endpoint, std::span<std::byte> to) {
    auto const port = endpoint.incoming();
    port->require_whole(Port::out);
    return port->take_soon(to);
}

/// Puts a value. Throws SerializationError where it cannot travel.
template <class T>
Result put_value(Endpoint& endpoint, T const& value, Deadline const& deadline) {
    if constexpr (PlainItem<T>) {
        return put_plain_item(endpoint, std::as_bytes(std::span{&value, 1}), deadline);
    } else {
        return put_item(endpoint, deadline, [&](wire::Sink& sink) { wire::encode(sink, value); });
    }
}

/// Takes the next value. Throws SerializationError where the next item is no T.
template <class T>
std::optional<T> take_value(Endpoint& endpoint, Deadline const& deadline, Result& why) {
    if constexpr (PlainItem<T>) {
        T value{};
        bool const may_look = !deadline.passed();
        if (may_look && take_plain_item(endpoint, std::as_writable_bytes(std::span{&value, 1}))) return value;
    }
    return take_item(endpoint, deadline, why, [](wire::Source& source) { return wire::decode<T>(source); });
}

}  // namespace rankpool::channel
