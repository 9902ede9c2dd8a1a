// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/protocol/heads.hpp"

#include <cstddef>
#include <span>

namespace rankpool::supervisor {

/// Where the parts of a rank send frames, and what they know of the other ranks.
class Outbox {
  public:
    virtual ~Outbox() = default;

    /// `head` and `body`, one after the other, are the payload. Throws Nonsense where there is no such rank.
    virtual void send(link::FrameHeader const& header, std::span<std::byte const> head,
                      std::span<std::byte const> body = {}) = 0;
    template <class Head>
    void send(std::type_identity_t<link::KindOf<Head>> kind, Address to, PoolId pool, Head const& head,
              std::span<std::byte const> body = {}) {
        send(kind, to, pool, CallId{}, head, body);
    }
    template <class Head>
    void send(std::type_identity_t<link::KindOf<Head>> kind, Address to, PoolId pool, CallId call,
              Head const& head, std::span<std::byte const> body = {}) {
        send(link::header_of(kind, to, link::supervisor_of(rank()), pool, call), link::bytes_of(head), body);
    }

    /// This one.
    [[nodiscard]] virtual Rank rank() const = 0;
    [[nodiscard]] virtual int ranks() const = 0;
    /// What is sent there goes nowhere.
    [[nodiscard]] virtual bool is_lost(Rank rank) const = 0;
    /// The first rank of a rank's node.
    [[nodiscard]] virtual Rank node(Rank rank) const = 0;
    /// Of this node.
    [[nodiscard]] bool is_near(Rank other) const { return node(other) == node(rank()); }
};

}  // namespace rankpool::supervisor
