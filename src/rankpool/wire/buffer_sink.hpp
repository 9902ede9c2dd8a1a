// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/interrupt.hpp"
#include "rankpool/wire/sink.hpp"

#include <cstddef>
#include <limits>
#include <memory>
#include <span>

namespace rankpool::wire {

/// Collects what is encoded in memory. A write that would pass `limit` bytes throws LimitReached and leaves
/// no part of itself; so does every later write until truncate() or clear(), lest a serialize() that
/// swallowed the first produce a value with a hole. Pointers into the buffer end with the next write.
class BufferSink : public Sink {
  public:
    static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

    explicit BufferSink(std::size_t limit = no_limit) : limit_(limit) {}

    [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(cursor_ - buffer_.get()); }
    [[nodiscard]] std::span<std::byte const> bytes() const { return {buffer_.get(), size()}; }

    /// For patching a length once it is known; `offset` must be below size().
    [[nodiscard]] std::byte* at(std::size_t offset) { return buffer_.get() + offset; }

    /// Forgets all beyond the first `size` bytes, which must not be more than there are.
    void truncate(std::size_t size);
    /// Forgets everything and keeps the memory.
    void clear() { truncate(0); }

  private:
    void overflow(void const* data, std::size_t size) override;
    void grow(std::size_t needed);

    std::size_t limit_;
    std::size_t capacity_ = 0;
    std::unique_ptr<std::byte[]> buffer_;
    bool full_ = false;
};

}  // namespace rankpool::wire
