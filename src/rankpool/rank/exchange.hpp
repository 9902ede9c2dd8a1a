// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/core/ids.hpp"
#include "rankpool/fork/local_worker.hpp"
#include "rankpool/protocol/messages.hpp"
#include "rankpool/rank/collective_line.hpp"
#include "rankpool/rank/outbox.hpp"

#include <map>
#include <memory>
#include <vector>

namespace rankpool::supervisor {

/// Frames of a call with a fixed schedule, moved by collectives: a scatter brings each rank the blocks of its
/// members, gathers bring the home what they have computed. Larger amounts go in rounds.
class Exchange {
  public:
    Exchange(Outbox& outbox, CollectiveLine& line, Rank here, int ranks);

    /// At the home: sends `pieces[r]`, a row of frames for workers, to rank r.
    void scatter(PoolId pool, CallId call, std::vector<std::vector<std::byte>> pieces);
    /// At the home: asks all ranks for the results they hold; they arrive here as frames.
    void gather(PoolId pool, CallId call);

    /// At a member's rank: keeps results until they are gathered.
    void collect(PoolKey const& pool, link::Frame const& frame);
    /// Sends the results that are kept for a pool's home by message instead.
    void send_now(PoolKey const& pool);
    /// A rank has been lost: all that is kept goes by message.
    void send_all_now();

    /// exchange_requested and exchange_announced.
    void on_frame(link::Frame const& frame);

  private:
    struct Key {
        PoolKey pool;
        CallId call;
        friend auto operator<=>(Key const&, Key const&) = default;
    };
    struct Box {
        std::vector<std::byte> frames;
        bool asked = false;  ///< the home knows that the box is full
    };
    class Scattering;
    class Gathering;

    std::vector<std::byte> take_share(Key const& key);

    void request(link::Turn const& turn, PoolId pool, CallId call);
    void announce(link::Frame const& frame);
    void take_turn(link::Frame const& frame);
    void deliver(std::span<std::byte const> frames);
    [[nodiscard]] std::size_t round_bytes() const;

    Outbox& outbox_;
    CollectiveLine& line_;
    Rank here_;
    int ranks_;
    std::map<Key, std::vector<std::vector<std::byte>>> pieces_;
    std::map<Key, Box> boxes_;
};

}  // namespace rankpool::supervisor
