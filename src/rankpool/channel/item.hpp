// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/endpoint.hpp"
#include "rankpool/wire/codec.hpp"

#include <array>
#include <optional>
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
    bool is_begun_ = false;
};

/// Reads one item whose first piece has been taken.
class ItemSource : public wire::Source {
  public:
    /// The item has no end: its putter gave up or died.
    struct Broken : wire::StreamBroken {};

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
};

/// Puts what `write(sink)` writes. `done`, `late` or `closed`; lets what it throws pass, and nothing has been
/// put then.
template <class Write>
Result put_item(Endpoint& endpoint, Deadline const& deadline, Write write) {
    Port& port = endpoint.outgoing();
    worker::TransferScope transfer{endpoint.end().channel};
    ItemSink sink{port, deadline};
    try {
        write(sink);
    } catch (ItemSink::Stopped const& stopped) {
        return stopped.why;
    }
    Result const result = sink.finish();
    if (result == Result::done) transfer.arrives();
    return result;
}

/// Takes the next item, as what `read(source)` gives; nothing where `why` says `late` or `closed`. Lets what
/// it throws pass; the item is gone then.
template <class Read>
auto take_item(Endpoint& endpoint, Deadline const& deadline, Result& why, Read read)
    -> std::optional<std::invoke_result_t<Read&, ItemSource&>> {
    Port& port = endpoint.incoming();
    while (true) {
        std::vector<std::byte> piece = port.lend_piece();
        why = port.take(piece, deadline);
        if (why == Result::late || why == Result::closed) return std::nullopt;
        try {
            ItemSource source{port, std::move(piece), why == Result::done};
            return read(source);
        } catch (ItemSource::Broken const&) {
            // As if it had never been put.
        }
    }
}

/// Puts a value. Throws SerializationError where it cannot travel.
template <class T>
Result put_value(Endpoint& endpoint, T const& value, Deadline const& deadline) {
    return put_item(endpoint, deadline, [&](wire::Sink& sink) { wire::encode(sink, value); });
}

/// Takes the next value. Throws SerializationError where the next item is no T.
template <class T>
std::optional<T> take_value(Endpoint& endpoint, Deadline const& deadline, Result& why) {
    return take_item(endpoint, deadline, why, [](wire::Source& source) { return wire::decode<T>(source); });
}

}  // namespace rankpool::channel
