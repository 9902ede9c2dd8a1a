// SPDX-License-Identifier: MIT
#include "rankpool/transport/doorbell.hpp"

#include "rankpool/core/error.hpp"

#include <sys/mman.h>

namespace rankpool::transport {
namespace {

constexpr std::int64_t meeting_ns = 20'000'000'000;

}  // namespace

Doorbell::~Doorbell() {
    if (flags_) ::munmap(flags_, names_.size() * sizeof(Flag));
}

void Doorbell::meet(std::vector<Rank> const& peers, std::vector<WakeSocket::Name> const& names, Rank self) {
    names_ = names;
    for (std::size_t i = 0; i < peers.size(); ++i) index_[peers[i]] = i;
    self_ = index_.at(self);
    std::size_t const bytes = peers.size() * sizeof(Flag);
    UniqueFd memory;
    if (self_ == 0) {
        memory = UniqueFd{::memfd_create("rankpool-doorbell", MFD_CLOEXEC)};
        if (::ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0) memory.reset();
        for (std::size_t peer = 1; peer < peers.size(); ++peer) socket_.send(names_[peer], memory.get());
    } else {
        memory = socket_.receive(meeting_ns);
    }
    void* place = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (place == MAP_FAILED) throw Error("cannot share memory with the other ranks of this node");
    flags_ = static_cast<Flag*>(place);
}

void Doorbell::ring(Rank peer) {
    auto const found = index_.find(peer);
    if (found == index_.end()) return;
    auto& asleep = flags_[found->second].asleep;
    // The message must be visible before the flag is read: MPI's own stores are not ordered with this load.
    fence_.fetch_add(1, std::memory_order_seq_cst);
    if (asleep.load(std::memory_order_seq_cst) == 0 || asleep.exchange(0) == 0) return;
    socket_.wake(names_[found->second]);
}

void Doorbell::announce_sleep() {
    flags_[self_].asleep.store(1, std::memory_order_seq_cst);
}

void Doorbell::end_sleep(bool readable) {
    flags_[self_].asleep.store(0, std::memory_order_relaxed);
    if (readable) socket_.empty();
}

void Doorbell::announce_end() {
    flags_[self_].ending.store(1, std::memory_order_seq_cst);
}

bool Doorbell::has_announced_end(Rank peer) const {
    return flags_[index_.at(peer)].ending.load(std::memory_order_seq_cst) != 0;
}

}  // namespace rankpool::transport
