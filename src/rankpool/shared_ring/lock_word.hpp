// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <time.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

namespace rankpool::link {

/// A lock in memory that the processes of a node have in common: free, held by the process with that token,
/// or kept by its home, which alone knows then who holds it and who waits. Zeroed memory is a free lock.
class LockWord {
  public:
    /// What processes do: false where the home is to be asked.
    bool take(std::uint32_t token) {
        std::uint32_t free = 0;
        // Who waits so leaves the line to the one that has it.
        if (word_.load(std::memory_order_relaxed) != free) return false;
        bool const is_taken =
            word_.compare_exchange_strong(free, token, std::memory_order_acquire, std::memory_order_relaxed);
        if (is_taken) taken_.store(milliseconds_now(), std::memory_order_relaxed);
        return is_taken;
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
    /// Of who holds it by the word; 0 for nobody.
    [[nodiscard]] std::uint32_t token() const {
        std::uint32_t const now = word_.load(std::memory_order_relaxed);
        return (now & kept) != 0 ? 0 : now;
    }
    /// When it was last taken by the word, to some milliseconds.
    [[nodiscard]] Clock::time_point taken_at() const {
        std::uint32_t const then = taken_.load(std::memory_order_relaxed);
        std::uint32_t const ago = milliseconds_now() - then;
        // Another may have taken it just now.
        bool const is_ahead = ago > std::numeric_limits<std::uint32_t>::max() / 2;
        return Clock::now() - std::chrono::milliseconds{is_ahead ? 0 : ago};
    }
    /// It is free, and any process may take it again.
    void let_go() { word_.store(0, std::memory_order_release); }

    static constexpr std::uint32_t largest_token = 0x7fffffffU;

  private:
    static constexpr std::uint32_t kept = 0x80000000U;

    /// Of a clock that all processes of a node see alike, and that is read for little; it begins again after
    /// 49 days.
    static std::uint32_t milliseconds_now() {
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        return static_cast<std::uint32_t>(now.tv_sec * 1000 + now.tv_nsec / 1'000'000);
    }

    std::atomic<std::uint32_t> word_{0};
    std::atomic<std::uint32_t> taken_{0};
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
    /// The home has given the lock, which another process may have released since it was taken by the word.
    void had_from_home() {
        if (!is_recursive_) depth_ = 0;
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
