// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"
#include "rankpool/core/ids.hpp"
#include "rankpool/core/secret.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

struct sockaddr_in;

namespace rankpool::transport {

/// How supervisors of different nodes wake each other: a UDP datagram that begins with the receiver's secret,
/// which travels by MPI only; the kernel drops all others. It says nothing but "look", so one that is
/// repeated, or read by who listens on the network, does no harm.
///
/// Whether datagrams arrive is tried when the job starts: each rank calls one rank of each other node at each
/// of its addresses until it is answered. A rank that every other node has called may rely on being woken.
class RemoteDoorbell {
  public:
    static constexpr std::size_t most_addresses = 4;
    /// What the others call it; travels as it is.
    struct Name {
        std::array<std::uint32_t, most_addresses> addresses{};  ///< IPv4, network order; 0: none
        std::uint16_t port = 0;                                 ///< network order; 0: it cannot be woken
        std::uint16_t reserved = 0;
        Secret secret{};
    };

    /// Can be called at the first of these addresses. Where there is none, or no socket, it has no port and
    /// nothing below does anything.
    explicit RemoteDoorbell(std::span<std::uint32_t const> addresses);
    RemoteDoorbell(RemoteDoorbell const&) = delete;

    [[nodiscard]] Name const& name() const { return name_; }
    /// Learns of all ranks, `self` among them, and which node (the lowest rank on it) each is on; calls those
    /// that it is to call.
    void know(std::span<Name const> names, std::span<Rank const> nodes, Rank self);

    /// True where every other node with living ranks has called here.
    [[nodiscard]] bool is_hung() const { return silent_nodes_.empty(); }
    /// Calls once more those that have not answered, when it is time to; after five times no more.
    void call_again();
    [[nodiscard]] bool is_calling() const { return !calls_.empty(); }

    /// Wakes a rank of another node, unless it is awake for sure: it stays so for some time after it has been
    /// woken or has sent something.
    void ring(Rank peer);
    /// Something has come from it.
    void heard(Rank peer, Clock::time_point now);
    /// It is not waited for any more.
    void mark_lost(Rank peer);

    /// To poll for readability while asleep; negative where it cannot be woken.
    [[nodiscard]] int fd() const { return socket_.get(); }
    /// Takes what has come.
    void empty();

  private:
    struct Peer {
        Name name;
        Rank node;
        Clock::time_point awake_until;
        bool is_lost = false;
    };
    struct Message;

    [[nodiscard]] Peer& peer(Rank rank) { return peers_[static_cast<std::size_t>(rank.value)]; }
    void choose_calls(Rank self);
    void call();
    void take(Message const& message, sockaddr_in const& sender);
    void send(Peer const& to, Message message, std::uint32_t address) const;
    void send(sockaddr_in const& to, Message const& message) const;

    UniqueFd socket_;
    Name name_;
    Rank self_;
    std::vector<Peer> peers_;  ///< by rank
    std::vector<Rank> calls_;  ///< those that have not answered
    int calls_made_ = 0;
    Clock::time_point next_call_;
    std::map<Rank, int> silent_nodes_;  ///< that have not called here, with how many of their ranks live
    std::map<Rank, std::uint32_t> addresses_;  ///< of a node, where it has answered: which of them
};

}  // namespace rankpool::transport
