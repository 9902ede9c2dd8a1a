// SPDX-License-Identifier: MIT
#include "rankpool/service/blob_store.hpp"

#include "rankpool/shared_ring/mapping.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;
using link::supervisor_of;

/// Bytes of one collective: large enough to cost little each, small enough to overlap with the filling.
constexpr std::uint64_t segment_bytes = 1024 * 1024;
/// Bytes of one message.
constexpr std::uint64_t piece_bytes = link::largest_payload - sizeof(link::Blob);

}  // namespace

class BlobStore::Broadcast : public CollectiveLine::Transfer {
  public:
    Broadcast(BlobStore& store, link::BlobId const& id) : store_(store), id_(id) {}
    CollectiveLine::Progress step(transport::Collective& collective) override {
        return store_.broadcast_next(id_, collective);
    }
    void abandon() override { store_.go_on_by_messages(id_); }

  private:
    BlobStore& store_;
    link::BlobId id_;
};

BlobStore::BlobStore(Outbox& outbox, CollectiveLine& line, std::function<bool(Address)> is_alive)
    : outbox_(outbox), line_(line), here_(outbox.rank()), is_alive_(std::move(is_alive)) {}

BlobStore::~BlobStore() {
    for (auto& [id, held] : held_) free(held);
}

void BlobStore::on_frame(link::Frame const& frame) {
    switch (frame.header.kind) {
        case FrameKind::blob_open:
            return open(frame.head<FrameKind::blob_open>(), frame.header.from);
        case FrameKind::blob_bytes:
            return fill(frame);
        case FrameKind::blob_requested:
            return announce(frame.head<FrameKind::blob_requested>());
        case FrameKind::blob_announced:
            return join_broadcast(frame.head<FrameKind::blob_announced>());
        case FrameKind::blob_wanted:
            return want(frame);
        case FrameKind::blob_sought:
            return on_sought(frame);
        case FrameKind::blob_ended:
            return on_ended(frame.head<FrameKind::blob_ended>().id);
        case FrameKind::blob_read:
            return read(frame);
        case FrameKind::blob_pulled:
            return on_pull(frame);
        case FrameKind::blob_piece:
            return on_piece(frame);
        case FrameKind::blob_placed:
            return on_placed(frame);
        case FrameKind::blob_close:
            return close(frame);
        case FrameKind::blob_closed:
            return closed(frame.head<FrameKind::blob_closed>().id);
        default:
            link::refuse("a supervisor got a blob frame that it does not know");
    }
}

BlobStore::Held& BlobStore::hold(link::Blob const& blob) {
    auto const [place, fresh] = held_.try_emplace(blob.id);
    Held& held = place->second;
    if (fresh) {
        held.size = blob.size;
        held.root = blob.root;
        held.keeper = keeper_of(blob);
        held.closed = outbox_.is_lost(blob.root);
        if (auto const sought = sought_.extract(blob.id)) {
            // Supervisors wait for the announcement, which comes now.
            std::ranges::copy_if(sought.mapped(), std::inserter(held.waiting, held.waiting.end()),
                                 [](Address const& who) { return who.slot != link::supervisor_slot; });
        }
    }
    return held;
}

void BlobStore::open(link::Blob const& blob, Address owner) {
    std::uint64_t& last = opened_[owner];
    bool const is_possible = blob.id.owner == owner && blob.root == here_ && blob.size <= link::most_bytes &&
                             blob.id.number > last;
    if (!is_possible) link::refuse("a broadcast value that cannot be");
    last = blob.id.number;
    Held& held = hold(blob);
    held.owner = owner;
    held.readers.insert(owner);
    make_memory(blob.id, held);
    filling_[owner] = blob.id;
    outbox_.send(FrameKind::blob_requested, supervisor_of(Rank{0}), link::blob_pool, blob);
}

void BlobStore::announce(link::Blob const& blob) {
    // The other ranks may have left already.
    if (ending_) return;
    for (int rank = 0; rank < outbox_.ranks(); ++rank) {
        outbox_.send(FrameKind::blob_announced, supervisor_of(Rank{rank}), link::blob_pool, blob);
    }
}

void BlobStore::join_broadcast(link::Blob const& blob) {
    hold(blob);
    line_.add(std::make_unique<Broadcast>(*this, blob.id));
}

CollectiveLine::Progress BlobStore::broadcast_next(link::BlobId const& id,
                                                   transport::Collective& collective) {
    Held& held = held_.at(id);
    bool const is_kept = held.keeper == here_;
    if (is_kept) {
        make_memory(id, held);
    } else if (passing_.size() == 0) {
        passing_ = Buffer{segment_bytes};
    }
    // What was under way, if anything, is done.
    if (is_kept && held.root != here_) held.filled = held.passed;
    if (held.passed == held.size) {
        complete(id);
        return CollectiveLine::Progress::finished;
    }
    std::uint64_t const next = std::min(segment_bytes, held.size - held.passed);
    if (held.root == here_ && held.filled < held.passed + next) return CollectiveLine::Progress::waiting;
    collective.start_broadcast({is_kept ? held.data + held.passed : passing_.data(), next}, held.root);
    held.passed += next;
    return CollectiveLine::Progress::started;
}

void BlobStore::complete(link::BlobId const& id) {
    Held& held = held_.at(id);
    held.arrived = true;
    if (held.filled == held.size) {
        tell_node(id, held);
        tell_waiting(held, id);
    }
    free_if_closed(id);
}

/// A collective that is under way, if any, has no end: its bytes come once more.
void BlobStore::go_on_by_messages(link::BlobId const& id) {
    auto const found = held_.find(id);
    if (found == held_.end()) return;
    Held& held = found->second;
    if (held.root == here_) {
        held.is_stranded = held.passed > 0;
        if (held.filled == held.size) complete(id);
    } else {
        held.is_stranded = held.keeper == here_ && held.passed > held.filled;
        if (held.filled == held.size) return complete(id);
        ask_root(id, held);
    }
}

/// Who has let go of it answers no more.
void BlobStore::ask_root(link::BlobId const& id, Held& held) {
    held.is_pulled = true;
    if (held.closed) return tell_gone(held, id);
    pull_next(id, held);
}

void BlobStore::pull_next(link::BlobId const& id, Held const& held) {
    outbox_.send(FrameKind::blob_pulled, supervisor_of(held.root), link::blob_pool,
                 link::Blob{.id = id, .size = held.filled, .root = held.root});
}

void BlobStore::on_pull(link::Frame const& frame) {
    auto const blob = frame.head<FrameKind::blob_pulled>();
    auto const found = held_.find(blob.id);
    if (found == held_.end()) return;
    Pull const pull{frame.header.from.rank, blob.size};
    if (pull.offset < found->second.filled) return give_piece(blob.id, found->second, pull);
    found->second.pulls.push_back(pull);
}

void BlobStore::give_piece(link::BlobId const& id, Held const& held, Pull const& pull) {
    std::uint64_t const size = std::min(piece_bytes, held.filled - pull.offset);
    outbox_.send(FrameKind::blob_piece, supervisor_of(pull.rank), link::blob_pool,
                 link::Blob{.id = id, .size = pull.offset, .root = held.root},
                 {held.data + pull.offset, size});
}

void BlobStore::on_piece(link::Frame const& frame) {
    auto const blob = frame.head<FrameKind::blob_piece>();
    auto const found = held_.find(blob.id);
    if (found == held_.end() || found->second.filled != blob.size) return;
    Held& held = found->second;
    make_memory(blob.id, held);
    auto const bytes = frame.tail<FrameKind::blob_piece>();
    std::memcpy(held.data + held.filled, bytes.data(), bytes.size());
    held.filled += bytes.size();
    if (held.filled < held.size) return pull_next(blob.id, held);
    // Else its collective, which this rank takes part in, has still to pass.
    if (line_.is_abandoned()) return complete(blob.id);
    tell_waiting(held, blob.id);
    free_if_closed(blob.id);
}

void BlobStore::rank_lost(Rank rank) {
    std::vector<link::BlobId> orphans;
    std::vector<link::BlobId> missed;
    for (auto& [id, held] : held_) {
        std::erase_if(held.pulls, [rank](Pull const& pull) { return pull.rank == rank; });
        // From now on each rank is on its own: a keeper may have let go of it and told nobody.
        bool const is_missed = held.keeper != here_ && held.filled < held.size && !held.is_pulled;
        if (held.root == rank) {
            orphans.push_back(id);
        } else if (is_missed) {
            missed.push_back(id);
        }
    }
    for (auto const& [id, workers] : sought_) {
        if (id.owner.rank == rank) orphans.push_back(id);
    }
    for (link::BlobId const& id : orphans) {
        on_ended(id);
        closed(id);
    }
    for (link::BlobId const& id : missed) ask_root(id, held_.at(id));
}

void BlobStore::fill(link::Frame const& frame) {
    auto const filling = filling_.find(frame.header.from);
    auto const found = filling == filling_.end() ? held_.end() : held_.find(filling->second);
    if (found == held_.end()) return;
    auto const& [id, held] = *found;
    // Its owner has found out, and lets go of it, where there are more.
    auto const bytes =
        frame.payload.first(std::min<std::uint64_t>(frame.payload.size(), held.size - held.filled));
    if (!bytes.empty()) std::memcpy(held.data + held.filled, bytes.data(), bytes.size());
    found->second.filled += bytes.size();
    for (Pull const& pull : std::exchange(found->second.pulls, {})) give_piece(id, held, pull);
    if (held.filled < held.size) return;
    tell_node(id, found->second);
    if (line_.is_abandoned()) complete(id);
}

/// For a worker that cannot open its memory: the bytes from `size` on, or none where it is gone.
void BlobStore::read(link::Frame const& frame) {
    auto const blob = frame.head<FrameKind::blob_read>();
    auto const found = held_.find(blob.id);
    std::span<std::byte const> piece;
    if (found != held_.end() && is_here(found->second) && blob.size < found->second.size) {
        Held const& held = found->second;
        piece = {held.data + blob.size, std::min(piece_bytes, held.size - blob.size)};
    }
    outbox_.send(FrameKind::blob_copied, frame.header.from, link::blob_pool, blob, piece);
}

void BlobStore::want(link::Frame const& frame) {
    auto const id = frame.head<FrameKind::blob_wanted>().id;
    auto const found = held_.find(id);
    if (found == held_.end()) {
        seek(id, frame.header.from);
    } else if (is_here(found->second)) {
        tell(found->second, id, frame.header.from);
    } else if (found->second.closed && found->second.is_pulled) {
        tell_gone({frame.header.from}, id);
    } else {
        found->second.waiting.insert(frame.header.from);
    }
}

/// Frames of two ranks may overtake each other: a task that has got the value, and that there is such a
/// value.
void BlobStore::seek(link::BlobId const& id, Address worker) {
    Rank const root = id.owner.rank;
    if (root.value < 0 || root.value >= outbox_.ranks()) link::refuse("a broadcast value of no rank");
    if (outbox_.is_lost(root) || (root == here_ && !may_come(id))) return tell_gone({worker}, id);
    auto const [place, fresh] = sought_.try_emplace(id);
    place->second.insert(worker);
    if (fresh && root != here_)
        outbox_.send(FrameKind::blob_sought, supervisor_of(root), link::blob_pool, link::Blob{.id = id});
}

/// What its owner has passed on may overtake the word that it opens it.
bool BlobStore::may_come(link::BlobId const& id) const {
    auto const last = opened_.find(id.owner);
    return is_alive_(id.owner) && (last == opened_.end() || id.number > last->second);
}

/// As long as its owner holds it, the announcement is on its way to who asks.
void BlobStore::on_sought(link::Frame const& frame) {
    auto const blob = frame.head<FrameKind::blob_sought>();
    auto const found = held_.find(blob.id);
    if (found != held_.end() && found->second.owner == blob.id.owner) return;
    if (may_come(blob.id)) {
        sought_[blob.id].insert(frame.header.from);
    } else {
        outbox_.send(FrameKind::blob_ended, frame.header.from, link::blob_pool, blob);
    }
}

void BlobStore::on_ended(link::BlobId const& id) {
    if (auto const sought = sought_.extract(id)) tell_gone(sought.mapped(), id);
}

void BlobStore::tell(Held& held, link::BlobId const& id, Address worker) {
    make_file(id, held);
    held.readers.insert(worker);
    outbox_.send(
        FrameKind::blob_here, worker, link::blob_pool,
        link::Blob{id, held.size, held.root, ::getpid(), held.memory.get(), held.status, held.secret});
}

void BlobStore::tell_waiting(Held& held, link::BlobId const& id) {
    for (Address const& worker : std::exchange(held.waiting, {})) tell(held, id, worker);
}

void BlobStore::tell_gone(Held& held, link::BlobId const& id) {
    if (line_.is_abandoned()) held.arrived = true;
    tell_gone(std::exchange(held.waiting, {}), id);
    free_if_closed(id);
}

void BlobStore::tell_gone(std::set<Address> const& who, link::BlobId const& id) {
    for (Address const& one : who) {
        bool const is_rank = one.slot == link::supervisor_slot;
        link::KindOf<link::Blob> const ended = FrameKind::blob_ended;
        link::KindOf<link::Blob> const here = FrameKind::blob_here;
        outbox_.send(is_rank ? ended : here, one, link::blob_pool, link::Blob{.id = id});
    }
}

void BlobStore::close(link::Frame const& frame) {
    auto const blob = frame.head<FrameKind::blob_close>();
    if (frame.header.from.slot != link::supervisor_slot) {
        if (frame.header.from != blob.id.owner) link::refuse("the end of another's broadcast value");
        return give_up(blob.id);
    }
    for (int rank = 0; rank < outbox_.ranks(); ++rank) {
        outbox_.send(FrameKind::blob_closed, supervisor_of(Rank{rank}), link::blob_pool, blob);
    }
}

/// The owner is done with it. Where it gave up in the middle, the other ranks must still get to the end.
void BlobStore::give_up(link::BlobId const& id) {
    if (auto const found = held_.find(id); found != held_.end()) {
        found->second.filled = found->second.size;
        found->second.owner = {};
    }
    outbox_.send(FrameKind::blob_close, supervisor_of(Rank{0}), link::blob_pool, link::Blob{.id = id});
}

void BlobStore::owner_gone(Address owner) {
    filling_.erase(owner);
    std::vector<link::BlobId> open;
    for (auto const& [id, held] : held_) {
        if (held.owner == owner) open.push_back(id);
    }
    for (link::BlobId const& id : open) give_up(id);
    opened_.erase(owner);
    std::vector<link::BlobId> never;
    for (auto const& [id, who] : sought_) {
        if (id.owner == owner) never.push_back(id);
    }
    for (link::BlobId const& id : never) on_ended(id);
}

void BlobStore::end() {
    ending_ = true;
    for (auto& [id, held] : held_) {
        if (held.root == here_) held.filled = held.size;
    }
}

void BlobStore::closed(link::BlobId const& id) {
    auto const found = held_.find(id);
    if (found == held_.end()) return;
    Held& held = found->second;
    held.closed = true;
    if (line_.is_abandoned()) return tell_gone(held, id);
    free_if_closed(id);
}

void BlobStore::free_if_closed(link::BlobId const& id) {
    Held& held = held_.at(id);
    if (!held.closed || !held.arrived) return;
    if (held.filled < held.size && !held.waiting.empty()) {
        // The keeper will tell; the root answers no more.
        if (held.is_pulled) tell_gone(held, id);
        return;
    }
    for (Address const& reader : held.readers) {
        outbox_.send(FrameKind::blob_gone, reader, link::blob_pool, link::Blob{.id = id});
    }
    if (held.keeper != here_ && !held.is_told) freed_untold_.insert(id);
    free(held);
    held_.erase(id);
}

}  // namespace rankpool::supervisor
