// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/wake_socket.hpp"

#include <array>
#include <cstddef>
#include <vector>

namespace rankpool::link {

/// Wakes the chosen when it ends, which is to be after the locks have been given back.
class Wakes {
  public:
    Wakes() = default;
    ~Wakes() {
        for (std::size_t i = 0; i < few_; ++i) waker().wake(first_few_[i]);
        for (auto const& name : more_) waker().wake(name);
    }
    Wakes(Wakes const&) = delete;

    void add(WakeSocket::Name const& name) {
        if (few_ < first_few_.size()) {
            first_few_[few_++] = name;
        } else {
            more_.push_back(name);
        }
    }

  private:
    static WakeSocket const& waker() {
        static WakeSocket const socket;
        return socket;
    }

    std::array<WakeSocket::Name, 2> first_few_;
    std::size_t few_ = 0;
    std::vector<WakeSocket::Name> more_;
};

}  // namespace rankpool::link
