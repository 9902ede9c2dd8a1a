// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/frame.hpp"
#include "rankpool/protocol/shared_messages.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace rankpool::link {

class SharedMemory;

}  // namespace rankpool::link

namespace rankpool::objects {

class SharedWords;

/// Where objects send what they have to say.
class Replies {
  public:
    virtual ~Replies() = default;
    virtual void answer(Address to, link::SharedAnswer const& answer, std::span<std::byte const> tail) = 0;
    /// Asks the process that holds `object` whether it waits in turn.
    virtual void probe(Address owner, link::ChannelId object, std::span<std::byte const> path) = 0;
};

/// Processes that have ended.
struct Ended {
    std::function<bool(Address const&)> is_gone;
    bool has_failed = true;  ///< killed, or with another exit code than 0
};

/// A shared object as its home keeps it: takes requests one after the other and answers each, at once or when
/// its time has come. Knows nothing of how they come. A request that no sound process sends is refused as
/// Nonsense, and nothing is changed by it.
class Object {
  public:
    Object(Replies& replies, link::ChannelId id) : replies_(replies), id_(id) {}
    virtual ~Object() = default;
    Object(Object const&) = delete;
    Object& operator=(Object const&) = delete;

    virtual void on_request(Address from, link::SharedRequest const& request,
                            std::span<std::byte const> tail) = 0;
    /// They wait for nothing and hold nothing any more.
    virtual void processes_ended(Ended const& ended) = 0;

    /// What processes of this node map, if it is that.
    [[nodiscard]] virtual link::SharedMemory const* memory() const { return nullptr; }
    /// Adds who holds it, and who waits for it.
    virtual void note_holdings(std::vector<link::HoldingNote>& /*notes*/) const {}

  protected:
    void answer(Address to, std::uint64_t number, link::SharedOutcome outcome, std::int64_t first = 0,
                std::int64_t second = 0, std::uint32_t flags = 0) const {
        replies_.answer(
            to, {.number = number, .outcome = outcome, .flags = flags, .first = first, .second = second}, {});
    }
    [[nodiscard]] link::ChannelId id() const { return id_; }
    [[nodiscard]] Replies& replies() const { return replies_; }

  private:
    Replies& replies_;
    link::ChannelId id_;
};

/// Null where there is no memory for it. Throws Nonsense for terms that no program can ask for.
std::unique_ptr<Object> make_object(link::ObjectTerms const& terms, Replies& replies, SharedWords& words,
                                    link::ChannelId id);

}  // namespace rankpool::objects
