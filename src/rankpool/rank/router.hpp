// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/fork/local_worker.hpp"
#include "rankpool/rank/bundles.hpp"
#include "rankpool/rank/outbox.hpp"
#include "rankpool/transport/world.hpp"

#include <deque>
#include <optional>

namespace rankpool::supervisor {

/// Brings frames to where they are addressed: a worker of this rank, another rank, or this supervisor itself.
class Router final : public transport::Receiver, public Outbox {
  public:
    Router(transport::World& world, WorkerTable& workers)
        : world_(world),
          workers_(workers),
          bundles_(world.size(), [&world](Rank to, transport::Inbox inbox, Buffer message) {
              world.send(to, inbox, std::move(message));
          }) {}

    using Outbox::send;
    void send(link::FrameHeader const& header, std::span<std::byte const> head,
              std::span<std::byte const> body = {}) override;

    /// Sends a frame that a worker of this rank has written on, from where it lies in the worker's ring.
    void forward(link::Frame const& frame, LocalWorker& from);
    /// Sends what is kept for other ranks: at the end of each step, and before what takes long.
    void flush() { bundles_.flush(); }

    [[nodiscard]] Rank rank() const override { return world_.rank(); }
    [[nodiscard]] int ranks() const override { return world_.size(); }
    [[nodiscard]] bool is_lost(Rank rank) const override { return world_.is_lost(rank); }
    [[nodiscard]] Rank node(Rank rank) const override { return world_.node(rank); }
    /// What has come from a rank that is lost, and has not been looked at, is left out as what still comes.
    void forget(Rank lost);
    /// The next frame for this supervisor; the buffer holds header and payload.
    std::optional<Buffer> next_for_me();
    [[nodiscard]] bool has_for_me() const { return !mine_.empty(); }

    std::byte* place(transport::Inbox inbox, std::size_t size) override;
    void placed(transport::Inbox inbox) override;
    void arrived(transport::Inbox inbox, Buffer message) override;

  private:
    static transport::Inbox inbox_of(Address const& to);
    static Slot slot_of(transport::Inbox inbox);
    void unpack(Buffer const& bundle);

    transport::World& world_;
    WorkerTable& workers_;
    Bundles bundles_;
    std::deque<Buffer> mine_;
    std::size_t placed_size_ = 0;  ///< of the message that is being received in its place
};

/// A whole frame in a buffer, as it is read. Throws Nonsense where it is none.
link::Frame frame_in(Buffer const& buffer);

}  // namespace rankpool::supervisor
