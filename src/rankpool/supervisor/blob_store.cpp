// SPDX-License-Identifier: MIT
#include "rankpool/supervisor/blob_store.hpp"

#include "rankpool/core/error.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;
using link::supervisor_of;

/// Bytes of one collective: large enough to cost little each, small enough to overlap with the filling.
constexpr std::uint64_t segment_bytes = 1024 * 1024;

}  // namespace

BlobStore::BlobStore(Router& router, CollectiveLine& line, Rank here, int ranks)
    : router_(router), line_(line), here_(here), ranks_(ranks) {}

BlobStore::~BlobStore() {
    for (auto& [id, held] : held_) {
        if (held.data) ::munmap(held.data, held.size);
    }
}

void BlobStore::on_frame(link::Frame const& frame) {
    switch (frame.header.kind) {
        case FrameKind::blob_open:
            return open(frame.head<link::Blob>(), frame.header.from);
        case FrameKind::blob_bytes:
            return fill(frame.payload);
        case FrameKind::blob_requested:
            return announce(frame.head<link::Blob>());
        case FrameKind::blob_announced:
            return join_broadcast(frame.head<link::Blob>());
        case FrameKind::blob_wanted:
            return want(frame);
        case FrameKind::blob_close:
            return close(frame);
        case FrameKind::blob_closed:
            return closed(frame.head<link::Blob>().id);
        default:
            throw Error("a supervisor got a blob frame that it does not know");
    }
}

BlobStore::Held& BlobStore::hold(link::Blob const& blob) {
    auto const [place, fresh] = held_.try_emplace(blob.id);
    Held& held = place->second;
    if (!fresh) return held;
    held.size = blob.size;
    held.root = blob.root;
    held.memory = UniqueFd{::memfd_create(link::blob_name(blob.id).c_str(), MFD_CLOEXEC)};
    if (!held.memory || ::ftruncate(held.memory.get(), static_cast<off_t>(blob.size)) != 0) {
        throw Error("cannot hold a broadcast value of " + std::to_string(blob.size) + " bytes on rank " +
                    std::to_string(here_.value) + " (no memory for it)");
    }
    if (blob.size == 0) return held;
    void* place_in_memory =
        ::mmap(nullptr, blob.size, PROT_READ | PROT_WRITE, MAP_SHARED, held.memory.get(), 0);
    if (place_in_memory == MAP_FAILED) throw Error("cannot map a broadcast value");
    held.data = static_cast<std::byte*>(place_in_memory);
    return held;
}

void BlobStore::open(link::Blob const& blob, Address owner) {
    hold(blob).owner = owner;
    filling_ = blob.id;
    router_.send(FrameKind::blob_requested, supervisor_of(Rank{0}), link::blob_pool, blob);
}

void BlobStore::announce(link::Blob const& blob) {
    for (int rank = 0; rank < ranks_; ++rank) {
        router_.send(FrameKind::blob_announced, supervisor_of(Rank{rank}), link::blob_pool, blob);
    }
}

void BlobStore::join_broadcast(link::Blob const& blob) {
    hold(blob);
    line_.add(
        [this, id = blob.id](transport::Collective& collective) { return broadcast_next(id, collective); });
}

CollectiveLine::Progress BlobStore::broadcast_next(std::uint64_t id, transport::Collective& collective) {
    Held& held = held_.at(id);
    // What was under way, if anything, is done.
    if (held.root != here_) held.filled = held.passed;
    if (held.passed == held.size) {
        held.arrived = true;
        for (Address const& worker : held.waiting) tell(held, id, worker);
        held.waiting.clear();
        free_if_closed(id);
        return CollectiveLine::Progress::finished;
    }
    std::uint64_t const next = std::min(segment_bytes, held.size - held.passed);
    if (held.root == here_ && held.filled < held.passed + next) return CollectiveLine::Progress::waiting;
    collective.start_broadcast({held.data + held.passed, next}, held.root);
    held.passed += next;
    return CollectiveLine::Progress::started;
}

void BlobStore::fill(std::span<std::byte const> bytes) {
    Held& held = held_.at(filling_);
    if (bytes.size() > held.size - held.filled) {
        throw Error(
            "a broadcast value became longer while it was sent (its save does not write the same twice)");
    }
    if (!bytes.empty()) std::memcpy(held.data + held.filled, bytes.data(), bytes.size());
    held.filled += bytes.size();
}

void BlobStore::want(link::Frame const& frame) {
    auto const id = frame.head<link::Blob>().id;
    auto const found = held_.find(id);
    if (found == held_.end()) {
        router_.send(FrameKind::blob_here, frame.header.from, link::blob_pool,
                     link::Blob{id, 0, {}, 0, 0, 0});
    } else if (found->second.filled == found->second.size) {
        tell(found->second, id, frame.header.from);
    } else {
        found->second.waiting.insert(frame.header.from);
    }
}

void BlobStore::tell(Held& held, std::uint64_t id, Address worker) {
    held.readers.insert(worker);
    router_.send(FrameKind::blob_here, worker, link::blob_pool,
                 link::Blob{id, held.size, held.root, ::getpid(), held.memory.get(), 0});
}

void BlobStore::close(link::Frame const& frame) {
    auto const blob = frame.head<link::Blob>();
    if (frame.header.from.slot != link::supervisor_slot) return give_up(blob.id);
    for (int rank = 0; rank < ranks_; ++rank) {
        router_.send(FrameKind::blob_closed, supervisor_of(Rank{rank}), link::blob_pool, blob);
    }
}

/// The owner is done with it. Where it gave up in the middle, the other ranks must still get to the end.
void BlobStore::give_up(std::uint64_t id) {
    if (auto const found = held_.find(id); found != held_.end()) {
        found->second.filled = found->second.size;
        found->second.owner = {};
    }
    router_.send(FrameKind::blob_close, supervisor_of(Rank{0}), link::blob_pool,
                 link::Blob{id, 0, {}, 0, 0, 0});
}

void BlobStore::owner_gone(Address owner) {
    std::vector<std::uint64_t> open;
    for (auto const& [id, held] : held_) {
        if (held.owner == owner) open.push_back(id);
    }
    for (std::uint64_t const id : open) give_up(id);
}

void BlobStore::closed(std::uint64_t id) {
    held_.at(id).closed = true;
    free_if_closed(id);
}

void BlobStore::free_if_closed(std::uint64_t id) {
    Held& held = held_.at(id);
    if (!held.closed || !held.arrived) return;
    for (Address const& reader : held.readers) {
        router_.send(FrameKind::blob_gone, reader, link::blob_pool, link::Blob{id, 0, {}, 0, 0, 0});
    }
    if (held.data) ::munmap(held.data, held.size);
    held_.erase(id);
}

}  // namespace rankpool::supervisor
