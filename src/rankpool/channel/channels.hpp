// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/protocol/shared_messages.hpp"
#include "rankpool/worker/mailbox.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>

namespace rankpool::channel {

class Endpoint;

/// What this process has to do with queues and pipes: the ends that it holds, and its talk with their homes.
/// One per process.
class Channels : public worker::FrameHandler {
  public:
    /// This process's own. Throws UsageError in a process that is no worker.
    static Channels& here();

    /// Makes a channel; this process holds all its ends. Throws Error where there is no memory for one.
    link::ChannelId make(link::ChannelTerms const& terms);
    /// Makes a shared object; this process holds its one end. Throws Error where there is no memory for one.
    link::ChannelId make(link::ObjectTerms const& terms);
    /// This process's share in an end, which it takes if it has none yet. `ticket` is how the end has come.
    std::shared_ptr<Endpoint> endpoint(link::ChannelEnd const& end, link::InFlightId in_flight,
                                       link::ChannelId carrier);
    /// The share in an end of a channel made here.
    std::shared_ptr<Endpoint> own_endpoint(link::ChannelEnd const& end);

    /// Where an end's memory lies, waited for. Throws ClosedError where the channel is gone.
    link::ChannelPlace place_of(link::ChannelEnd const& end);
    /// The channel's memory, mapped once in this process; null where this process cannot get at it.
    std::shared_ptr<link::ChannelMemory> memory_of(link::ChannelPlace const& place);

    /// Tells the end's home of a change.
    void tell(link::KindOf<link::EndChange> kind, link::EndChange const& change);
    /// This process does not hold the end any more; waits until its home knows, where it may.
    void drop(link::ChannelEnd const& end, bool may_wait);
    link::InFlightId fresh_in_flight_id();

    /// Sends a request for a ring of another node; returns its number.
    std::uint64_t ask(link::RingRequest request, std::span<std::byte const> piece = {});
    [[nodiscard]] bool is_answered(std::uint64_t number) const { return answers_.contains(number); }
    /// The answer, which must have come, with the piece that it brings.
    link::RingAnswer take_answer(std::uint64_t number, std::vector<std::byte>& piece);

    [[nodiscard]] worker::Mailbox& mailbox() { return mailbox_; }

    void on_frame(link::Frame const& frame) override;
    bool work() override { return false; }
    void on_rank_lost(Rank rank) override;

  private:
    explicit Channels(worker::Mailbox& mailbox);
    link::ChannelPlace made(char const* what);

    worker::Mailbox& mailbox_;
    std::map<link::ChannelEnd, std::weak_ptr<Endpoint>> endpoints_;
    std::map<link::ChannelId, std::weak_ptr<link::ChannelMemory>> memories_;
    std::map<link::ChannelEnd, link::ChannelPlace> places_;
    std::optional<link::ChannelPlace> made_;
    std::set<link::ChannelEnd> dropping_;  ///< and waited for
    bool making_ = false;
    Rank making_on_{};
    std::map<std::uint64_t, Rank> asked_of_;  ///< requests without an answer yet
    std::map<std::uint64_t, Buffer> answers_;
    std::uint64_t asked_ = 0;
    std::uint64_t tokens_ = 0;
};

}  // namespace rankpool::channel
