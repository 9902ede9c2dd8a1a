// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/protocol/frame.hpp"
#include "rankpool/transport/world.hpp"

#include <functional>
#include <vector>

namespace rankpool::supervisor {

/// The inbox of bundles.
inline constexpr transport::Inbox inbox_of_bundles{1};

/// Small frames for other ranks, kept until the end of the step of their supervisor that made them: those for
/// one rank are one message then, since to send a message costs more than to make a frame. A supervisor that
/// has little to do makes one in a step, which goes as it is; one that has much, many.
class Bundles {
  public:
    /// Frames up to this, header included, are kept.
    static constexpr std::size_t largest_kept = 1024;
    /// Bytes of a message of several: MPI sends so many at once, without asking the receiver first.
    static constexpr std::size_t largest_bundle = 4000;

    using Send = std::function<void(Rank to, transport::Inbox inbox, Buffer message)>;
    Bundles(int ranks, Send send) : send_(std::move(send)), bundles_(static_cast<std::size_t>(ranks)) {}

    /// Takes a frame; those before it that it has no room beside are sent.
    void add(Rank to, transport::Inbox inbox, Buffer frame);
    /// Sends what there is for a rank: what goes there by another way must not overtake it.
    void flush(Rank to);
    /// Sends all there is.
    void flush();

  private:
    struct Bundle {
        std::vector<Buffer> frames;
        std::size_t bytes = 0;
        transport::Inbox inbox{};  ///< of the last frame
    };
    void send(Rank to, Bundle& bundle);

    Send send_;
    std::vector<Bundle> bundles_;  ///< by rank
    std::vector<Rank> begun_;      ///< ranks whose bundles are not empty, and perhaps others
};

/// Calls `use` for each frame of a bundle. Throws Nonsense behind those that are whole.
void for_each_frame(std::span<std::byte const> bundle, std::function<void(link::Frame const&)> const& use);

}  // namespace rankpool::supervisor
