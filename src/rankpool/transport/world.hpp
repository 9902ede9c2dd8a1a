// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/core/ids.hpp"
#include "rankpool/core/unique_fd.hpp"
#include "rankpool/transport/doorbell.hpp"
#include "rankpool/transport/remote_doorbell.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rankpool::transport {

/// Which inbox of a rank a message is for: its supervisor's, a worker's. It travels as the MPI tag, so that a
/// message can be received where it is wanted; it stays below the least MPI_TAG_UB.
enum class Inbox : int {};

/// Takes messages as they arrive.
class Receiver {
  public:
    virtual ~Receiver() = default;
    /// Where the next `size` bytes for `inbox` are to be written, or null to have them in a buffer.
    virtual std::byte* place(Inbox inbox, std::size_t size) = 0;
    /// They are there.
    virtual void placed(Inbox inbox) = 0;
    virtual void arrived(Inbox inbox, Buffer message) = 0;
};

/// MPI as the supervisors use it: one thread, messages that never block, and a sleep that ends when a message
/// comes. Made once by each rank; all ranks must make and destroy it.
class World {
  public:
    /// `one`: this rank is the only one. MPI is not started then, which would take a third of a second and a
    /// daemon.
    enum class Ranks { one, of_launcher };
    /// How ranks of different nodes learn of messages while they sleep: by a datagram, or by looking every 10
    /// ms.
    enum class FarWaking { datagrams, looking };
    /// Starts MPI. Throws Error, on every rank, where a rank's program is not rank 0's; only rank 0's has a
    /// text.
    World(std::uint64_t program_fingerprint, Ranks ranks, FarWaking far = FarWaking::datagrams);
    /// Ends MPI together with all other ranks.
    ~World();
    World(World const&) = delete;
    World& operator=(World const&) = delete;

    [[nodiscard]] Rank rank() const { return rank_; }
    [[nodiscard]] int size() const { return static_cast<int>(hosts_.size()); }
    [[nodiscard]] std::string const& host(Rank rank) const {
        return hosts_[static_cast<std::size_t>(rank.value)];
    }
    /// Cores that the ranks of all nodes may run on.
    [[nodiscard]] unsigned cores() const { return cores_; }
    /// Names a rank's node: the lowest rank on it.
    [[nodiscard]] Rank node(Rank rank) const { return nodes_[static_cast<std::size_t>(rank.value)]; }
    /// Ranks on this node, this one among them.
    [[nodiscard]] int ranks_here() const { return static_cast<int>(peers_.size()); }
    /// How many of them come before this one.
    [[nodiscard]] int place_here() const {
        return static_cast<int>(std::count_if(peers_.begin(), peers_.end(),
                                              [this](Peer const& peer) { return peer.rank < rank_; }));
    }
    /// Those of them whose process is gone and has not announced it, the known ones left out.
    [[nodiscard]] std::vector<Rank> lost_here() const;
    /// The next rank of this node that is not known to be lost, in a ring.
    [[nodiscard]] Rank neighbour() const;
    /// Readable when that one's process has ended; negative where that cannot be told.
    [[nodiscard]] int neighbour_fd() const;

    /// From now on nothing goes to `rank` and nothing from it arrives; collectives are not to be entered any
    /// more.
    void mark_lost(Rank rank);
    [[nodiscard]] bool is_lost(Rank rank) const { return lost_[static_cast<std::size_t>(rank.value)]; }
    [[nodiscard]] bool is_whole() const { return lost_count_ == 0; }
    /// To be called before this process ends without taking leave.
    void announce_end() { doorbell_.announce_end(); }
    /// True for one of the node's living ranks: the one to talk where all have the same to say.
    [[nodiscard]] bool is_node_leader() const;

    /// Sends bytes that this takes over.
    void send(Rank to, Inbox inbox, Buffer message);
    /// Sends bytes that stay where they are until `done` has been called; that may be before this returns.
    void send_in_place(Rank to, Inbox inbox, std::span<std::byte const> message, std::function<void()> done);
    /// Moves sends on and receives up to `most` messages; true if anything happened.
    bool poll(Receiver& receiver, int most);
    /// True while a send is under way, which needs polling to end.
    [[nodiscard]] bool busy() const { return !outgoing_.empty(); }
    [[nodiscard]] std::size_t sends() const { return outgoing_.size(); }

    [[nodiscard]] Doorbell& doorbell() { return doorbell_; }
    /// To poll for readability while asleep, as the doorbell's; negative where no other node can ring.
    [[nodiscard]] int remote_fd() const { return remote_ ? remote_->fd() : -1; }
    /// It was readable.
    void answer_remote() { remote_->empty(); }
    /// How long a sleep may be at most, in ns, when nothing has happened for so long: not everybody can ring,
    /// and a datagram may be lost.
    [[nodiscard]] std::int64_t longest_sleep_ns(std::chrono::nanoseconds idle) const;

    /// Takes leave of the other ranks, which all do the same: what was sent has arrived, nothing is on its
    /// way. False, at once, when `give_up` says that they are not to be waited for; and where ranks have been
    /// lost or do not come until the deadline: then MPI cannot be ended, and the process is to leave without.
    bool leave(std::function<bool()> const& give_up, Deadline const& deadline);
    /// Ends the whole job at once with `exit_code`, whatever the other ranks do.
    [[noreturn]] void abort(int exit_code);

    class Communicators;
    /// For the collectives of this room; null where this rank is the only one.
    [[nodiscard]] Communicators* communicators() { return mpi_.get(); }

  private:
    struct Outgoing;
    struct Peer {
        Rank rank;
        int pid;  ///< 0: in another namespace
        UniqueFd process;
    };

    struct RankInfo;
    void bootstrap(std::uint64_t program_fingerprint, FarWaking far);
    void learn(std::span<RankInfo const> infos);
    void wake(Rank rank);
    void check_programs(std::span<RankInfo const> infos) const;
    void count_cores(std::span<RankInfo const> infos);
    bool finish_sends();
    bool leave_together(std::function<bool()> const& give_up, Deadline const& deadline);
    void leave_without_lost(std::function<bool()> const& give_up);

    std::unique_ptr<Communicators> mpi_;  ///< none where this rank is the only one
    Rank rank_;
    std::vector<std::string> hosts_;
    std::vector<Rank> nodes_;
    unsigned cores_ = 0;
    std::vector<Peer> peers_;  ///< the ranks of this node, in order
    std::vector<bool> lost_;
    int lost_count_ = 0;
    Doorbell doorbell_;
    std::optional<RemoteDoorbell> remote_;  ///< where there are ranks on other nodes
    std::list<Outgoing> outgoing_;
    std::list<Outgoing> stranded_;  ///< to lost ranks: MPI may still look at them
};

}  // namespace rankpool::transport
