// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"
#include "rankpool/core/wake_socket.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <vector>

namespace rankpool::transport {

/// How the supervisors of one node wake each other: a datagram on a local socket, sent only to one that says
/// in shared memory that it sleeps. Nothing of it has a name in a file system.
class Doorbell {
  public:
    Doorbell() = default;
    ~Doorbell();
    Doorbell(Doorbell const&) = delete;
    Doorbell& operator=(Doorbell const&) = delete;

    [[nodiscard]] WakeSocket::Name const& name() const { return socket_.name(); }
    /// Learns of the peers of this node, `self` among them, in the same order on all.
    void know(std::vector<Rank> const& peers, std::vector<WakeSocket::Name> const& names, Rank self);
    /// On the first of them: makes the memory that they share, and sends it to the others. False where it
    /// cannot.
    [[nodiscard]] bool lend();
    /// On the others, when it has been sent: takes it. False where it has not come.
    [[nodiscard]] bool borrow();
    /// Goes on without, as one of them has to: nobody rings, and sleeps must be short.
    void do_without();
    /// True where all peers can ring.
    [[nodiscard]] bool is_hung() const { return flags_ != nullptr; }

    [[nodiscard]] bool reaches(Rank peer) const { return index_.contains(peer); }
    /// Wakes `peer` if it is on this node and sleeps.
    void ring(Rank peer);
    /// To poll for readability while asleep.
    [[nodiscard]] int fd() const { return socket_.fd(); }
    /// Says that this supervisor is about to sleep; look for messages once more after it.
    void announce_sleep();
    /// Takes it back; empties the socket where it is `readable`.
    void end_sleep(bool readable);
    /// Says that this supervisor is about to end of its own will.
    void announce_end();
    [[nodiscard]] bool has_announced_end(Rank peer) const;

  private:
    struct alignas(64) Flag {
        std::atomic<std::uint32_t> asleep{0};
        std::atomic<std::uint32_t> ending{0};
    };

    bool map(UniqueFd memory);

    WakeSocket socket_;
    std::vector<WakeSocket::Name> names_;
    std::map<Rank, std::size_t> index_;
    std::size_t self_ = 0;
    Flag* flags_ = nullptr;
    std::atomic<std::uint32_t> fence_{0};
};

}  // namespace rankpool::transport
