// SPDX-License-Identifier: MIT
#include "rankpool/transport/doorbell.hpp"

#include "rankpool/core/sealed_memory.hpp"

#include <sys/mman.h>

namespace rankpool::transport {
Doorbell::~Doorbell() {
    do_without();
}

void Doorbell::know(std::vector<Rank> const& peers, std::vector<WakeSocket::Name> const& names, Rank self) {
    names_ = names;
    for (std::size_t i = 0; i < peers.size(); ++i) index_[peers[i]] = i;
    self_ = index_.at(self);
}

bool Doorbell::lend() {
    UniqueFd memory = make_sealed_memory("rankpool-doorbell", names_.size() * sizeof(Flag));
    if (!memory) return false;
    for (std::size_t peer = 1; peer < names_.size(); ++peer) {
        if (!socket_.send(names_[peer], memory.get())) return false;
    }
    return map(std::move(memory));
}

bool Doorbell::borrow() {
    return map(socket_.receive());
}

bool Doorbell::map(UniqueFd memory) {
    std::size_t const bytes = names_.size() * sizeof(Flag);
    if (!memory || size_of_sealed(memory.get()) != bytes) return false;
    void* const place = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (place == MAP_FAILED) return false;
    flags_ = static_cast<Flag*>(place);
    return true;
}

void Doorbell::do_without() {
    if (flags_) ::munmap(flags_, names_.size() * sizeof(Flag));
    flags_ = nullptr;
}

void Doorbell::ring(Rank peer) {
    auto const found = index_.find(peer);
    if (found == index_.end() || !flags_) return;
    auto& asleep = flags_[found->second].asleep;
    // The message must be visible before the flag is read: MPI's own stores are not ordered with this load.
    fence_.fetch_add(1, std::memory_order_seq_cst);
    if (asleep.load(std::memory_order_seq_cst) == 0 || asleep.exchange(0) == 0) return;
    socket_.wake(names_[found->second]);
}

void Doorbell::announce_sleep() {
    if (flags_) flags_[self_].asleep.store(1, std::memory_order_seq_cst);
}

void Doorbell::end_sleep(bool readable) {
    if (flags_) flags_[self_].asleep.store(0, std::memory_order_relaxed);
    if (readable) socket_.empty();
}

void Doorbell::announce_end() {
    if (flags_) flags_[self_].ending.store(1, std::memory_order_seq_cst);
}

bool Doorbell::has_announced_end(Rank peer) const {
    return flags_ && flags_[index_.at(peer)].ending.load(std::memory_order_seq_cst) != 0;
}

}  // namespace rankpool::transport
