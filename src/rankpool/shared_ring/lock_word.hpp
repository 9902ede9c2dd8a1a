// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace rankpool::link {

/// A lock in memory that the processes of a node have in common: free, held by the process with that token,
/// or kept by its home, which alone knows then who holds it and who waits. Zeroed memory is a free lock.
class LockWord {
  public:
    /// What processes do: false where the home is to be asked.
    bool take(std::uint32_t token) {
        std::uint32_t free = 0;
        return word_.compare_exchange_strong(free, token, std::memory_order_acquire,
                                             std::memory_order_relaxed);
    }
    bool give_back(std::uint32_t token) {
        return word_.compare_exchange_strong(token, 0, std::memory_order_release, std::memory_order_relaxed);
    }

    /// What the home does. From now on it keeps the lock; returns the token of who has held it: 0 for nobody,
    /// or where it was kept already.
    std::uint32_t keep() {
        std::uint32_t const before = word_.fetch_or(kept, std::memory_order_acq_rel);
        return (before & kept) != 0 ? 0 : before;
    }
    /// It is free, and any process may take it again.
    void let_go() { word_.store(0, std::memory_order_release); }

    static constexpr std::uint32_t largest_token = 0x7fffffffU;

  private:
    static constexpr std::uint32_t kept = 0x80000000U;

    std::atomic<std::uint32_t> word_{0};
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

/// A process that uses a lock's word, if it may, and how often it has taken the lock by it alone.
class LockWordUser {
  public:
    LockWordUser() = default;
    LockWordUser(LockWord& word, std::uint32_t token, bool is_recursive)
        : word_(&word), token_(token), is_recursive_(is_recursive) {}

    /// Takes the lock `times` at once; false where its home is to be asked, which alone knows how to wait.
    bool take(std::int64_t times) {
        bool const is_again = depth_ > 0 && is_recursive_;
        if (word_ == nullptr || (!is_again && !word_->take(token_))) return false;
        depth_ = is_again ? depth_ + times : times;
        return true;
    }
    /// Of what `depth` says. False where the home is to be told, which has kept the lock since.
    bool give_back(std::int64_t times) {
        depth_ -= times;
        return depth_ > 0 || word_->give_back(token_);
    }
    [[nodiscard]] std::int64_t depth() const { return depth_; }
    [[nodiscard]] bool is_recursive() const { return is_recursive_; }
    [[nodiscard]] bool has_word() const { return word_ != nullptr; }

  private:
    LockWord* word_ = nullptr;
    std::uint32_t token_ = 0;
    bool is_recursive_ = false;
    std::int64_t depth_ = 0;
};

}  // namespace rankpool::link
