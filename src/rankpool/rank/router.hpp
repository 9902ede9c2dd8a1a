// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/fork/local_worker.hpp"
#include "rankpool/transport/world.hpp"

#include <deque>
#include <optional>

namespace rankpool::supervisor {

/// Brings frames to where they are addressed: a worker of this rank, another rank, or this supervisor itself.
class Router : public transport::Receiver {
  public:
    Router(transport::World& world, WorkerTable& workers) : world_(world), workers_(workers) {}

    /// Sends a frame made here. Throws Nonsense where there is no such rank.
    void send(link::FrameHeader const& header, std::span<std::byte const> head,
              std::span<std::byte const> body = {});

    template <class Head>
    void send(link::FrameKind kind, Address to, PoolId pool, Head const& head,
              std::span<std::byte const> body = {}) {
        send(link::header_of(kind, to, link::supervisor_of(world_.rank()), pool), link::bytes_of(head), body);
    }

    /// Sends a frame that a worker of this rank has written on, from where it lies in the worker's ring.
    void forward(link::Frame const& frame, LocalWorker& from);

    [[nodiscard]] int ranks() const { return world_.size(); }
    /// What is sent there goes nowhere.
    [[nodiscard]] bool is_lost(Rank rank) const { return world_.is_lost(rank); }
    /// The next frame for this supervisor; the buffer holds header and payload.
    std::optional<Buffer> next_for_me();
    [[nodiscard]] bool has_for_me() const { return !mine_.empty(); }

    std::byte* place(transport::Inbox inbox, std::size_t size) override;
    void placed(transport::Inbox inbox) override;
    void arrived(transport::Inbox inbox, Buffer message) override;

  private:
    static transport::Inbox inbox_of(Address const& to);
    static Slot slot_of(transport::Inbox inbox);

    transport::World& world_;
    WorkerTable& workers_;
    std::deque<Buffer> mine_;
    std::size_t placed_size_ = 0;  ///< of the message that is being received in its place
};

/// A whole frame in a buffer, as it is read. Throws Nonsense where it is none.
link::Frame frame_in(Buffer const& buffer);

}  // namespace rankpool::supervisor
