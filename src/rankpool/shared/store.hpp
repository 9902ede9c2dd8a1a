// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/handle.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/protocol/shared_messages.hpp"
#include "rankpool/wire/buffer_sink.hpp"
#include "rankpool/wire/codec.hpp"
#include "rankpool/worker/transfer_scope.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <vector>

namespace rankpool::shared {

/// Bytes by key or in order, kept by one rank; travels. All throw ClosedError where that is lost.
class Store {
  public:
    struct Question {
        link::Operation operation{};
        std::int64_t first = 0;
        std::int64_t second = 0;
    };
    struct Result {
        link::SharedOutcome outcome{};
        std::int64_t first = 0;
        std::vector<std::byte> bytes;

        [[nodiscard]] bool is_done() const { return outcome == link::SharedOutcome::done; }
    };

    Store() = default;
    /// `where`: -1 for this process's rank. Throws Error where there cannot be one.
    static Store make(link::ObjectKind kind, std::uint64_t limit, Rank where);

    /// A round trip, and one more for each 128 KiB beyond the first, either way. Throws Full where the store
    /// would have more bytes than it may.
    [[nodiscard]] Result ask(Question const& question, std::span<std::byte const> bytes = {}) const;
    /// `late` when the deadline has passed.
    [[nodiscard]] Result wait(Question const& question, std::span<std::byte const> bytes,
                              Deadline const& deadline) const;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        handle_.serialize(archive, false);
    }

  private:
    friend class Pipeline;

    explicit Store(channel::Handle handle) : handle_(std::move(handle)) {}

    channel::Handle handle_;
};

/// Requests that are sent without waiting for the answers of those before them, up to a number of them: many
/// cost hardly more than one round trip. Answers are taken in the order of the requests.
class Pipeline {
  public:
    explicit Pipeline(std::function<void(Store::Result)> take) : take_(std::move(take)) {}
    /// What has not been taken then is not wanted any more.
    ~Pipeline();
    Pipeline(Pipeline const&) = delete;

    /// Throw as Store::ask, also for requests before this one. The store must live until finish.
    void add(Store const& store, Store::Question const& question, std::span<std::byte const> bytes);
    void finish();

  private:
    struct Asked {
        Store const& store;
        std::uint64_t number = 0;
    };
    void take_first();

    std::function<void(Store::Result)> take_;
    std::deque<Asked> asked_;
};

/// What was met in a value that is kept elsewhere now: this process holds it as long as it runs.
void keep(worker::Pins const& pins);

template <class T>
std::vector<std::byte> encoded(T const& value) {
    worker::Pins pins;
    worker::TransferScope const transfer{pins};
    wire::BufferSink sink;
    wire::encode(sink, value);
    keep(pins);
    return {sink.bytes().begin(), sink.bytes().end()};
}
template <class T>
T value_in(std::span<std::byte const> bytes) {
    wire::Source source{bytes};
    return wire::decode<T>(source);
}

[[nodiscard]] std::size_t hash_of(std::span<std::byte const> bytes);
/// In a catch block: throws what was caught as a RemoteError of this process.
[[noreturn]] void throw_as_remote();

/// Calls `use(bytes)` for each of the records.
template <class Use>
void for_each_record(std::span<std::byte const> all, Use use) {
    while (!all.empty()) {
        std::uint64_t size = 0;
        std::memcpy(&size, all.data(), sizeof size);
        use(all.subspan(sizeof size, size));
        all = all.subspan(sizeof size + size);
    }
}

}  // namespace rankpool::shared
