// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/unique_fd.hpp"

#include <array>
#include <cstdint>

namespace rankpool {

/// A socket of this process that others of the node wake it by. It has no name in a file system.
class WakeSocket {
  public:
    /// What the others call it; travels as it is.
    struct Name {
        std::array<char, 16> bytes{};
        std::uint32_t size = 0;
    };

    /// Throws Error where the system has none left.
    WakeSocket();

    [[nodiscard]] Name const& name() const { return name_; }
    /// To poll for readability while asleep.
    [[nodiscard]] int fd() const { return socket_.get(); }
    /// Makes the socket of that name readable, if there still is one.
    void wake(Name const& other) const { send(other, -1); }
    /// The same, with a descriptor for `receive`.
    void send(Name const& other, int passed_fd) const;
    /// Waits at most `max_ns` for a descriptor; an empty one if none has come.
    [[nodiscard]] UniqueFd receive(std::int64_t max_ns) const;
    /// Takes all wake-ups that have come.
    void empty() const;

  private:
    UniqueFd socket_;
    Name name_;
};

}  // namespace rankpool
