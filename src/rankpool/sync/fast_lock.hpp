// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/handle.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/shared_ring/lock_word.hpp"
#include "rankpool/shared_ring/shared_memory.hpp"

#include <memory>

namespace rankpool::sync {

class Client;

/// A lock's word as this process sees it: it is taken and given back there without a message while nobody
/// waits for it. Where the word cannot be had, on another node or where its memory may not be opened, and
/// whenever the home keeps the lock, the home is asked.
class FastLock : public channel::Endpoint::Attachment {
  public:
    FastLock(Client& client, link::ChannelId lock);
    ~FastLock() override;

    /// That of this lock in this process. Its word is looked for when it is asked for the second time: many
    /// processes take a lock only once. Throws as Client::ask, and UsageError in a second thread.
    static FastLock& of(channel::Handle const& handle);

    [[nodiscard]] link::LockWordUser& user() { return user_; }
    /// Takes it by its word, `times` at once; where another has it, looks again for half a millisecond, in
    /// which the home could serve a few: most locks are held for less, and who only looks does not make the
    /// home keep it. False where the home is to be asked.
    bool take(std::int64_t times, Deadline const& deadline);
    /// The home is lost, with all that it knew.
    void forget() { user_ = {}; }

  private:
    void find_word(channel::Handle const& handle);

    Client& client_;
    link::ChannelId lock_;
    bool is_looked_for_ = false;
    std::shared_ptr<link::SharedMemory> memory_;
    link::LockWordUser user_;
};

}  // namespace rankpool::sync
