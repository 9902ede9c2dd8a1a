// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/core/unique_fd.hpp"
#include "rankpool/protocol/messages.hpp"
#include "rankpool/rank/collective_line.hpp"
#include "rankpool/rank/outbox.hpp"

#include <deque>
#include <functional>
#include <map>
#include <set>

namespace rankpool::supervisor {

/// The broadcast values that this rank holds, in memory that its workers map; small ones take a descriptor
/// only when a worker looks. They come piece by piece: from a worker of this rank, or by a collective from
/// the rank where they were opened; once a rank has been lost, from that rank on request. A large one is kept
/// by one rank of each node, and mapped by the others, which let pass what the collective brings them.
class BlobStore {
  public:
    /// `is_alive` tells whether a worker of this rank is.
    BlobStore(Outbox& outbox, CollectiveLine& line, std::function<bool(Address)> is_alive);
    ~BlobStore();

    void on_frame(link::Frame const& frame);
    /// Closes what a worker of this rank has opened and not closed.
    void owner_gone(Address owner);
    /// The program has ended: nothing new begins, and what is under way gets to its end at once, as nobody
    /// needs the values any more.
    void end();
    /// A rank has been lost, and what was opened there is gone.
    void rank_lost(Rank rank);
    /// Nothing is held here, and nobody waits for anything.
    [[nodiscard]] bool is_empty() const { return held_.empty() && sought_.empty(); }

  private:
    class Broadcast;
    /// A rank that wants the bytes from `offset` on.
    struct Pull {
        Rank rank;
        std::uint64_t offset;
    };
    /// The memory of a blob and how much of it is there.
    struct Held {
        UniqueFd memory;  ///< of a small one only when a worker looks at it
        Secret secret{};  ///< in that memory's name
        Buffer small;     ///< the bytes of a small one
        std::byte* data = nullptr;
        int status = 0;  ///< errno, where there was no descriptor for it: workers cannot look at it
        std::uint64_t size = 0;
        Rank root;
        Rank keeper;                ///< whose memory it is: this rank, or one of its node that tells where
        Address owner;              ///< at the root
        std::uint64_t filled = 0;   ///< bytes that have come
        std::uint64_t passed = 0;   ///< bytes whose collective has been started
        bool arrived = false;       ///< all of it is at all ranks
        bool closed = false;        ///< to be freed as soon as it has passed
        bool is_told = false;       ///< by the keeper to the others of its node
        bool is_pulled = false;     ///< comes by messages from its root
        std::set<Address> waiting;  ///< workers to be told when it is complete
        std::set<Address>
            readers;  ///< workers that are told when it is freed: who has opened it, who has looked
        std::vector<Pull> pulls;   ///< at the root, for bytes that have not come yet
        bool is_stranded = false;  ///< a collective that will not end may still write here
    };

    void open(link::Blob const& blob, Address owner);
    void announce(link::Blob const& blob);
    void join_broadcast(link::Blob const& blob);
    CollectiveLine::Progress broadcast_next(link::BlobId const& id, transport::Collective& collective);
    void fill(link::Frame const& frame);
    static void make_memory(link::BlobId const& id, Held& held);
    static void make_file(link::BlobId const& id, Held& held);
    [[nodiscard]] Rank keeper_of(link::Blob const& blob) const;
    [[nodiscard]] Rank keeper_of_node(Rank root) const;
    void tell_node(link::BlobId const& id, Held& held);
    void on_placed(link::Frame const& frame);
    static bool adopt(link::Blob const& blob, Held& held);
    void complete(link::BlobId const& id);
    void go_on_by_messages(link::BlobId const& id);
    void ask_root(link::BlobId const& id, Held& held);
    void pull_next(link::BlobId const& id, Held const& held);
    void on_pull(link::Frame const& frame);
    void give_piece(link::BlobId const& id, Held const& held, Pull const& pull);
    void on_piece(link::Frame const& frame);
    void want(link::Frame const& frame);
    void seek(link::BlobId const& id, Address worker);
    [[nodiscard]] bool may_come(link::BlobId const& id) const;
    void on_sought(link::Frame const& frame);
    void on_ended(link::BlobId const& id);
    void read(link::Frame const& frame);
    [[nodiscard]] static bool is_here(Held const& held) {
        return held.filled == held.size && (held.data || held.size == 0);
    }
    void close(link::Frame const& frame);
    void give_up(link::BlobId const& id);
    void closed(link::BlobId const& id);
    void tell(Held& held, link::BlobId const& id, Address worker);
    void tell_waiting(Held& held, link::BlobId const& id);
    void tell_gone(Held& held, link::BlobId const& id);
    void tell_gone(std::set<Address> const& who, link::BlobId const& id);
    void free_if_closed(link::BlobId const& id);
    Held& hold(link::Blob const& blob);
    void free(Held& held);

    Outbox& outbox_;
    CollectiveLine& line_;
    Rank here_;
    std::map<link::BlobId, Held> held_;
    /// Workers that want what rank 0 has not announced here yet, or what has been freed: its root knows. At
    /// the root those, and supervisors, that want what its owner has not opened yet.
    std::map<link::BlobId, std::set<Address>> sought_;
    std::map<Address, std::uint64_t> opened_;  ///< the last one of each living owner of this rank
    std::map<Address, link::BlobId> filling_;  ///< what each worker of this rank is sending
    std::vector<Buffer> stranded_;             ///< small ones that a collective may still write to
    Buffer passing_;                           ///< for segments of what others of this node keep
    std::set<link::BlobId> freed_untold_;      ///< freed before their keeper told where they lie
    bool ending_ = false;
    bool may_open_keepers_ = true;  ///< false once that has failed
    std::function<bool(Address)> is_alive_;
};

}  // namespace rankpool::supervisor
