// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstring>

namespace rankpool::wire {

/// Where encoded bytes go. Small writes are a copy into the space between cursor and end; what does not fit
/// goes to `overflow`, which a buffer answers by growing and a stream by sending.
class Sink {
  public:
    Sink() = default;
    Sink(Sink const&) = delete;
    Sink& operator=(Sink const&) = delete;
    virtual ~Sink() = default;

    void write(void const* data, std::size_t size) {
        if (size <= static_cast<std::size_t>(end_ - cursor_)) {
            if (size != 0) std::memcpy(cursor_, data, size);
            cursor_ += size;
        } else {
            overflow(data, size);
        }
    }

  protected:
    /// Takes all of `data`, of which less than `size` bytes fit before end.
    virtual void overflow(void const* data, std::size_t size) = 0;

    std::byte* cursor_ = nullptr;
    std::byte* end_ = nullptr;
};

}  // namespace rankpool::wire
