// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace rankpool::transport {

/// One non-blocking collective at a time among all supervisors, which must start the same ones in the same
/// order.
class Collective {
  public:
    virtual ~Collective() = default;

    /// Rank `root`'s bytes come to all; `bytes` has the same size, at most 2 GiB, on each.
    virtual void start_broadcast(std::span<std::byte> bytes, Rank root) = 0;
    /// Each rank gets its piece of `root`'s bytes: `sizes[r]` bytes for rank r, in rank order.
    virtual void start_scatter(std::span<std::byte const> bytes, std::vector<int> const& sizes,
                               std::span<std::byte> mine, Rank root) = 0;
    /// `root` gets all ranks' bytes in rank order.
    virtual void start_gather(std::span<std::byte const> mine, std::span<std::byte> bytes,
                              std::vector<int> const& sizes, Rank root) = 0;

    /// True when none is under way. Only testing moves it on.
    virtual bool is_done() = 0;
};

}  // namespace rankpool::transport
