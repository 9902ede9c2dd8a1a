// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/error.hpp"

#include <cstddef>
#include <cstring>
#include <span>

namespace rankpool::wire {

/// Where encoded bytes come from: a piece of memory, or a stream that refills it.
/// Reading past the end throws SerializationError, in every kind of build.
class Source {
  public:
    Source() = default;
    explicit Source(std::span<std::byte const> bytes)
        : cursor_(bytes.data()), end_(bytes.data() + bytes.size()) {}
    Source(Source const&) = delete;
    Source& operator=(Source const&) = delete;
    virtual ~Source() = default;

    void read(void* data, std::size_t size) {
        if (size <= static_cast<std::size_t>(end_ - cursor_)) {
            if (size != 0) std::memcpy(data, cursor_, size);
            cursor_ += size;
        } else {
            underflow(data, size);
        }
    }

    /// False where more may come than is at hand, so that a length cannot be checked against what is left.
    [[nodiscard]] virtual bool is_complete() const { return true; }
    /// Bytes at hand.
    [[nodiscard]] std::size_t remaining() const { return static_cast<std::size_t>(end_ - cursor_); }

  protected:
    /// Fills all of `data`, of which fewer than `size` bytes are at hand, or throws.
    virtual void underflow(void* /*data*/, std::size_t size) {
        throw SerializationError("cannot read " + std::to_string(size) + " bytes of a value (only " +
                                 std::to_string(remaining()) +
                                 " are left of its message). Do save and load match?");
    }

    std::byte const* cursor_ = nullptr;
    std::byte const* end_ = nullptr;
};

}  // namespace rankpool::wire
