// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/handle.hpp"
#include "rankpool/channel/queue.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/shared/order_key.hpp"
#include "rankpool/worker/waitable.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace rankpool::shared {

/// A priority queue of bytes, kept by one rank; travels. All throw ClosedError after close, and where the
/// rank is lost.
class PriorityStore {
  public:
    struct State {
        std::size_t size = 0;
        bool is_full = false;
    };

    PriorityStore() = default;
    /// Throws Error where there cannot be one.
    static PriorityStore make(QueueOptions const& options);

    /// False where there was no room in time.
    [[nodiscard]] bool put(OrderKey const& key, std::span<std::byte const> value,
                           Deadline const& deadline) const;
    /// Calls `use` with the first item, which is out of the queue then; false where there was none in time.
    [[nodiscard]] bool get(std::function<void(std::span<std::byte const>)> const& use,
                           Deadline const& deadline) const;
    /// True when there is an item in time.
    [[nodiscard]] bool poll(Deadline const& deadline) const;
    [[nodiscard]] State state() const;
    [[nodiscard]] Waitable waitable() const;
    void close() { handle_.close(); }

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        handle_.serialize(archive, false);
    }

  private:
    explicit PriorityStore(channel::Handle handle) : handle_(std::move(handle)) {}

    channel::Handle handle_;
};

}  // namespace rankpool::shared
