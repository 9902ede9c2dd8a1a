// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace rankpool {

/// Bytes of one size, not zeroed when made.
class Buffer {
  public:
    Buffer() = default;
    explicit Buffer(std::size_t size) : data_(new std::byte[size]), size_(size) {}
    explicit Buffer(std::span<std::byte const> bytes) : Buffer(bytes.size()) {
        if (!bytes.empty()) std::memcpy(data_.get(), bytes.data(), bytes.size());
    }

    [[nodiscard]] std::byte* data() { return data_.get(); }
    [[nodiscard]] std::span<std::byte const> bytes() const { return {data_.get(), size_}; }
    [[nodiscard]] std::size_t size() const { return size_; }

  private:
    std::unique_ptr<std::byte[]> data_;
    std::size_t size_ = 0;
};

}  // namespace rankpool
