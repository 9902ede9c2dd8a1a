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
    /// Meets the peers of this node, `self` among them, in the same order on all; the first lends the memory.
    void meet(std::vector<Rank> const& peers, std::vector<WakeSocket::Name> const& names, Rank self);

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

    WakeSocket socket_;
    std::vector<WakeSocket::Name> names_;
    std::map<Rank, std::size_t> index_;
    std::size_t self_ = 0;
    Flag* flags_ = nullptr;
    std::atomic<std::uint32_t> fence_{0};
};

}  // namespace rankpool::transport
