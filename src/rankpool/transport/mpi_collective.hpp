// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/transport/collective.hpp"
#include "rankpool/transport/world.hpp"

#include <memory>

namespace rankpool::transport {

/// MPI's non-blocking collectives.
class MpiCollective final : public Collective {
  public:
    explicit MpiCollective(World& world);
    ~MpiCollective() override;
    MpiCollective(MpiCollective const&) = delete;
    MpiCollective& operator=(MpiCollective const&) = delete;

    void start_broadcast(std::span<std::byte> bytes, Rank root) override;
    void start_scatter(std::span<std::byte const> bytes, std::vector<int> const& sizes,
                       std::span<std::byte> mine, Rank root) override;
    void start_gather(std::span<std::byte const> mine, std::span<std::byte> bytes,
                      std::vector<int> const& sizes, Rank root) override;
    bool is_done() override;

  private:
    struct Request;
    void set_places(std::vector<int> const& sizes);

    World& world_;
    std::unique_ptr<Request> request_;
    std::vector<int> sizes_;
    std::vector<int> places_;
};

}  // namespace rankpool::transport
