// SPDX-License-Identifier: MIT
#include "rankpool/wire/buffer_sink.hpp"

#include <algorithm>

namespace rankpool::wire {

void BufferSink::truncate(std::size_t size) {
    cursor_ = buffer_.get() + size;
    end_ = buffer_.get() + capacity_;
    full_ = false;
}

void BufferSink::overflow(void const* data, std::size_t size) {
    if (full_ || size > limit_ - this->size()) {
        full_ = true;
        end_ = cursor_;
        throw LimitReached{};
    }
    grow(this->size() + size);
    write(data, size);
}

void BufferSink::grow(std::size_t needed) {
    std::size_t const used = size();
    std::size_t const doubled = std::max({needed, 2 * capacity_, std::size_t{256}});
    capacity_ = std::min(doubled, limit_);
    // Not make_unique: the bytes need no value before they are written.
    std::unique_ptr<std::byte[]> larger{new std::byte[capacity_]};
    if (used != 0) std::memcpy(larger.get(), buffer_.get(), used);
    buffer_ = std::move(larger);
    truncate(used);
}

}  // namespace rankpool::wire
