// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/secret.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <array>
#include <cstdint>

namespace rankpool {

/// A socket of this process that others of the node wake it by. It has no name in a file system. Any process
/// of the node can find it and send to it, so each has a secret, which is part of its name and travels only
/// within the job: the kernel drops what does not show it, before anybody is woken or any queue fills.
class WakeSocket {
  public:
    /// What the others call it; travels as it is.
    struct Name {
        std::array<char, 16> bytes{};
        std::uint32_t size = 0;
        Secret secret{};
    };

    /// Throws Error where the system has none left.
    WakeSocket();

    [[nodiscard]] Name const& name() const { return name_; }
    /// To poll for readability while asleep.
    [[nodiscard]] int fd() const { return socket_.get(); }
    /// Makes the socket of that name readable, if there still is one.
    void wake(Name const& other) const;
    /// The same, with a descriptor for `receive`; false where it cannot be sent for some time.
    [[nodiscard]] bool send(Name const& other, int passed_fd) const;
    /// The descriptor that has been sent by who knows the name, if any. All else that has come is dropped.
    [[nodiscard]] UniqueFd receive() const;
    /// Takes all wake-ups that have come.
    void empty() const;

  private:
    UniqueFd socket_;
    Name name_;
};

}  // namespace rankpool
