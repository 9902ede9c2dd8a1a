// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/channel/handle.hpp"
#include "rankpool/protocol/shared_messages.hpp"
#include "rankpool/shared_ring/shared_memory.hpp"
#include "rankpool/sync/client.hpp"
#include "rankpool/worker/own_thread.hpp"

#include <cstddef>
#include <memory>

namespace rankpool::sync {

/// A shared object of which this process may use the word, or all, in its home's memory, without a message.
/// Where that cannot be had, on another node or where memory may not be opened, the home is asked as ever.
class WordUser : public channel::Endpoint::Attachment {
  public:
    WordUser(Client& client, link::ChannelId object);
    ~WordUser() override;

    /// That of this object in this process; `what` it is. Its word is looked for when it is asked for the
    /// second time: many processes use an object only once. Throws as Client::ask, and UsageError in a second
    /// thread.
    template <class User>
    static User& of(channel::Handle const& handle, char const* what);

    [[nodiscard]] virtual bool holds_lock() const { return false; }
    /// The home is lost, with all that it knew.
    virtual void forget() = 0;

  protected:
    /// Where it is a lock: this process has it, by its home or by the word.
    [[nodiscard]] bool is_held() const { return client_.holds(object_); }
    /// Has found its word, or memory of its own, and what the home has said with it.
    virtual void adopt(std::byte* word, link::SharedAnswer const& answer) = 0;

  private:
    void find_word(channel::Handle const& handle);

    Client& client_;
    link::ChannelId object_;
    bool is_looked_for_ = false;
    std::shared_ptr<link::SharedMemory> memory_;
};

template <class User>
User& WordUser::of(channel::Handle const& handle, char const* what) {
    worker::require_own_thread(what);
    Client::here().listen();
    auto& attachment = handle.endpoint().attachment();
    if (!attachment) {
        attachment = std::make_unique<User>(Client::here(), handle.endpoint().end().channel);
        return static_cast<User&>(*attachment);
    }
    auto& user = static_cast<User&>(*attachment);
    if (!user.is_looked_for_) user.find_word(handle);
    return user;
}

}  // namespace rankpool::sync
