// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace rankpool::batch {

/// Gives the next bytes, at most as many as there is room for; 0 only at the end.
using ByteReader = std::function<std::size_t(std::span<char>)>;

/// Unpacks what gzip has packed (RFC 1952), also several such files one after another and with zeros behind.
/// `read` throws std::runtime_error with a few words where the bytes are damaged, cut off or followed by
/// others.
class Gunzip {
  public:
    explicit Gunzip(ByteReader packed);
    Gunzip(Gunzip&&) noexcept;
    ~Gunzip();

    /// As a ByteReader.
    std::size_t read(std::span<char> room);

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace rankpool::batch
