// SPDX-License-Identifier: MIT
#include "rankpool/shared/priority_store.hpp"

#include "rankpool/protocol/shared_messages.hpp"
#include "rankpool/shared/pieces.hpp"

#include <cstdint>

namespace rankpool::shared {
namespace {

using link::Operation;
using link::SharedOutcome;
using link::Waiting;
using sync::Client;

/// The answer to `question`; `number` becomes that of the request.
Client::Reply ask_until(channel::Handle const& handle, Client::Question const& question,
                        Deadline const& deadline, std::uint64_t& number,
                        std::span<std::byte const> bytes = {}) {
    Client& client = Client::here();
    bool const is_now = deadline.passed();
    Waiting const limit = deadline.is_never() ? Waiting::forever : Waiting::limited;
    number = client.begin(handle, question, is_now ? Waiting::no : limit, bytes);
    return is_now ? client.take_answer(number) : client.finish(number, deadline);
}

/// Watched by a request that is answered when there is an item.
class FirstItem : public worker::WaitSource {
  public:
    explicit FirstItem(channel::Handle handle) : handle_(std::move(handle)) {}

    [[nodiscard]] void const* subject() const override { return this; }
    [[nodiscard]] bool is_ready() override { return Client::here().is_answered(number_); }
    void begin_watch() override {
        // A callback in a wait may wait for the same.
        if (watchers_ == 0) number_ = Client::here().begin(handle_, {Operation::contains}, Waiting::forever);
        ++watchers_;
    }
    void end_watch() override {
        if (--watchers_ == 0) Client::here().abandon(number_);
    }

  private:
    channel::Handle handle_;
    std::uint64_t number_ = 0;
    int watchers_ = 0;
};

}  // namespace

PriorityStore PriorityStore::make(QueueOptions const& options) {
    return PriorityStore{channel::make_object({.kind = link::ObjectKind::priority_queue,
                                               .size = options.max_bytes,
                                               .most_items = options.maxsize})};
}

bool PriorityStore::put(OrderKey const& key, std::span<std::byte const> value,
                        Deadline const& deadline) const {
    std::vector<std::byte> bytes{key};
    bytes.insert(bytes.end(), value.begin(), value.end());
    auto const rest = stage(handle_, bytes);
    std::uint64_t number = 0;
    Client::Question const question{Operation::append, 0, static_cast<std::int64_t>(key.size())};
    return ask_until(handle_, question, deadline, number, rest).head.outcome == SharedOutcome::done;
}

bool PriorityStore::get(std::function<void(std::span<std::byte const>)> const& use,
                        Deadline const& deadline) const {
    std::uint64_t number = 0;
    Client::Reply reply = ask_until(handle_, {Operation::wait}, deadline, number);
    if (reply.head.outcome != SharedOutcome::done) return false;
    auto const item = whole_answer(handle_, std::move(reply));
    Client::here().tell(handle_, {Operation::taken}, number);
    use(item);
    return true;
}

bool PriorityStore::poll(Deadline const& deadline) const {
    std::uint64_t number = 0;
    return ask_until(handle_, {Operation::contains}, deadline, number).head.outcome == SharedOutcome::done;
}

PriorityStore::State PriorityStore::state() const {
    auto const reply = Client::here().ask(handle_, {Operation::state});
    return {static_cast<std::size_t>(reply.head.first), (reply.head.flags & link::is_full) != 0};
}

Waitable PriorityStore::waitable() const {
    return Waitable{std::make_shared<FirstItem>(handle_)};
}

}  // namespace rankpool::shared
