// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace rankpool::supervisor {

/// How many notices a fork server has sent, in memory that it has in common with its supervisor: a look at it
/// costs no system call. Whatever stands there, the socket says the same, only later.
class NoticeCount {
  public:
    /// Before the server is forked. Where the system has no memory for it the count stays 0.
    NoticeCount();
    ~NoticeCount();
    NoticeCount(NoticeCount const&) = delete;
    NoticeCount& operator=(NoticeCount const&) = delete;

    [[nodiscard]] std::uint32_t count() const {
        return shared_ ? shared_->load(std::memory_order_acquire) : 0;
    }

    // In the server.
    /// None of those that are forked from it has this memory.
    void keep_to_itself();
    void add() {
        if (shared_) shared_->fetch_add(1, std::memory_order_release);
    }

  private:
    std::atomic<std::uint32_t>* shared_ = nullptr;
};

}  // namespace rankpool::supervisor
