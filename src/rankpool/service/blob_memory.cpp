// SPDX-License-Identifier: MIT
// Where broadcast values lie: which rank of a node keeps one, and how the others come to its memory.
#include "rankpool/core/error.hpp"
#include "rankpool/core/lent_fd.hpp"
#include "rankpool/core/sealed_memory.hpp"
#include "rankpool/service/blob_store.hpp"
#include "rankpool/shared_ring/mapping.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;
using link::supervisor_of;

/// A copy of so few bytes costs less than a file.
constexpr std::uint64_t small_bytes = 16 * 1024;
constexpr char const* kind_of_memory = "a broadcast value";

/// Else nothing of that process can be opened, whether it is there or not.
bool may_look_at(int pid) {
    return ::access(("/proc/" + std::to_string(pid) + "/fd").c_str(), R_OK | X_OK) == 0;
}

}  // namespace

void BlobStore::free(Held& held) {
    if (held.small.size() > 0) {
        if (held.is_stranded) stranded_.push_back(std::move(held.small));
    } else if (held.data && !held.is_stranded) {
        ::munmap(held.data, held.size);
    }
}

Rank BlobStore::keeper_of(link::Blob const& blob) const {
    if (blob.size <= small_bytes || line_.is_abandoned() || !may_open_keepers_) return here_;
    return keeper_of_node(blob.root);
}

Rank BlobStore::keeper_of_node(Rank root) const {
    return outbox_.is_near(root) ? root : outbox_.node(here_);
}

/// Only when the first bytes are due: of many values that are announced one after the other, most are freed
/// before the next comes. Without a descriptor it takes part in the collective all the same.
void BlobStore::make_memory(link::BlobId const& id, Held& held) {
    if (held.data || held.size == 0) return;
    if (held.size <= small_bytes) {
        held.small = Buffer{held.size};
        held.data = held.small.data();
        return;
    }
    make_file(id, held);
    int const kind = held.memory ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    void* const place = ::mmap(nullptr, held.size, PROT_READ | PROT_WRITE, kind, held.memory.get(), 0);
    if (place == MAP_FAILED) {
        throw Error("cannot hold a broadcast value of " + std::to_string(held.size) +
                    " bytes (no memory for it on a rank)");
    }
    held.data = static_cast<std::byte*>(place);
}

/// What workers open; of a small value a copy of its bytes, which must be there.
void BlobStore::make_file(link::BlobId const& id, Held& held) {
    if (held.memory || held.status != 0) return;
    try {
        held.secret = make_secret();
        std::string const name = link::blob_name({.id = id, .secret = held.secret});
        held.memory = link::make_memory(name.c_str(), held.size, kind_of_memory);
    } catch (Error const&) {
        held.status = errno;
    }
    std::size_t const copied = held.small.size();
    if (held.status == 0 && copied > 0 &&
        ::pwrite(held.memory.get(), held.data, copied, 0) != static_cast<ssize_t>(copied)) {
        held.status = errno;
    }
    if (held.status != 0) held.memory.reset();
}

/// That the keeper has all of it, and where.
void BlobStore::tell_node(link::BlobId const& id, Held& held) {
    bool const is_keeper = keeper_of_node(held.root) == here_ && held.size > small_bytes;
    // After a loss each is on its own, and may have let go of it.
    if (!is_keeper || line_.is_abandoned() || std::exchange(held.is_told, true)) return;
    link::Blob const blob{id, held.size, held.root, ::getpid(), held.memory.get(), held.status, held.secret};
    for (int rank = 0; rank < outbox_.ranks(); ++rank) {
        if (Rank{rank} == here_ || !outbox_.is_near(Rank{rank})) continue;
        outbox_.send(FrameKind::blob_placed, supervisor_of(Rank{rank}), link::blob_pool, blob);
    }
}

/// May come before rank 0's announcement, and after the end of the value.
void BlobStore::on_placed(link::Frame const& frame) {
    auto const blob = frame.head<FrameKind::blob_placed>();
    if (freed_untold_.erase(blob.id) > 0) return;
    // Then it may have been freed long ago.
    bool const is_alone = line_.is_abandoned() || !may_open_keepers_;
    if (is_alone && !held_.contains(blob.id)) return;
    Held& held = hold(blob);
    held.is_told = true;
    if (held.keeper == here_ || held.data || held.is_pulled) return;
    if (!adopt(blob, held)) {
        if (!may_look_at(blob.pid)) may_open_keepers_ = false;
        return ask_root(blob.id, held);
    }
    held.filled = held.size;
    tell_waiting(held, blob.id);
    free_if_closed(blob.id);
}

/// False where this rank cannot open it.
bool BlobStore::adopt(link::Blob const& blob, Held& held) {
    UniqueFd memory = open_lent_fd(blob.pid, blob.fd, link::blob_name(blob), O_RDONLY);
    if (!memory || size_of_sealed(memory.get()) != blob.size) return false;
    void* const place = ::mmap(nullptr, blob.size, PROT_READ, MAP_SHARED, memory.get(), 0);
    if (place == MAP_FAILED) return false;
    held.data = static_cast<std::byte*>(place);
    held.memory = std::move(memory);
    held.secret = blob.secret;
    return true;
}

}  // namespace rankpool::supervisor
