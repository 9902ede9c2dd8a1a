// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/transport/world.hpp"

#include <memory>
#include <span>
#include <vector>

namespace rankpool::transport {

/// One non-blocking collective at a time among all supervisors, which must start the same ones in the same
/// order.
class Collective {
  public:
    explicit Collective(World& world);
    ~Collective();
    Collective(Collective const&) = delete;

    /// Rank `root`'s bytes come to all; `bytes` has the same size, at most 2 GiB, on each.
    void start_broadcast(std::span<std::byte> bytes, Rank root);
    /// Each rank gets its piece of `root`'s bytes: `sizes[r]` bytes for rank r, in rank order.
    void start_scatter(std::span<std::byte const> bytes, std::vector<int> const& sizes,
                       std::span<std::byte> mine, Rank root);
    /// `root` gets all ranks' bytes in rank order.
    void start_gather(std::span<std::byte const> mine, std::span<std::byte> bytes,
                      std::vector<int> const& sizes, Rank root);

    /// True when none is under way. Only testing moves it on.
    bool is_done();

  private:
    struct Request;
    void set_places(std::vector<int> const& sizes);

    World& world_;
    std::unique_ptr<Request> request_;
    std::vector<int> sizes_;
    std::vector<int> places_;
};

}  // namespace rankpool::transport
