// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"
#include "rankpool/shared_ring/lock_word.hpp"
#include "rankpool/sync/word_user.hpp"

namespace rankpool::sync {

/// A lock's word as this process sees it: it is taken and given back there without a message while nobody
/// waits for it. Whenever the home keeps the lock, the home is asked.
class FastLock : public WordUser {
  public:
    using WordUser::WordUser;
    static FastLock& of(channel::Handle const& handle) { return WordUser::of<FastLock>(handle, "a lock"); }

    [[nodiscard]] link::LockWordUser& user() { return user_; }
    /// Takes it by its word, `times` at once; where another has it, looks again for half a millisecond, in
    /// which the home could serve a few: most locks are held for less, and who only looks does not make the
    /// home keep it. False where the home is to be asked.
    bool take(std::int64_t times, Deadline const& deadline);

    [[nodiscard]] bool holds_lock() const override { return user_.depth() > 0; }
    void forget() override { user_ = {}; }

  private:
    void adopt(std::byte* word, link::SharedAnswer const& answer) override;

    link::LockWordUser user_;
};

}  // namespace rankpool::sync
