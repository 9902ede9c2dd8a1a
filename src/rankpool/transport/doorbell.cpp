// SPDX-License-Identifier: MIT
#include "rankpool/transport/doorbell.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/pause.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace rankpool::transport {
namespace {

constexpr std::int64_t meeting_ns = 20'000'000'000;

sockaddr_un address_of(Doorbell::Name const& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.bytes.data(), name.size);
    return address;
}

socklen_t length_of(Doorbell::Name const& name) {
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size);
}

}  // namespace

Doorbell::Doorbell() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // An address of this length asks the kernel for a free name without a file.
    if (!socket_ || ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)) != 0) {
        throw Error("cannot make the socket that wakes this rank (" + std::string{std::strerror(errno)} +
                    ")");
    }
    socklen_t size = sizeof address;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    name_.size = static_cast<std::uint32_t>(size - offsetof(sockaddr_un, sun_path));
    std::memcpy(name_.bytes.data(), address.sun_path, std::min<std::size_t>(name_.size, name_.bytes.size()));
}

Doorbell::~Doorbell() {
    if (flags_) ::munmap(flags_, names_.size() * sizeof(Flag));
}

void Doorbell::meet(std::vector<Rank> const& peers, std::vector<Name> const& names, Rank self) {
    names_ = names;
    for (std::size_t i = 0; i < peers.size(); ++i) index_[peers[i]] = i;
    self_ = index_.at(self);
    std::size_t const bytes = peers.size() * sizeof(Flag);
    UniqueFd memory;
    if (self_ == 0) {
        memory = UniqueFd{::memfd_create("rankpool-doorbell", MFD_CLOEXEC)};
        if (::ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0) memory.reset();
        for (std::size_t peer = 1; peer < peers.size(); ++peer) send_to(peer, memory.get());
    } else {
        memory = receive_fd();
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
    send_to(found->second, -1);
}

void Doorbell::announce_sleep() {
    flags_[self_].asleep.store(1, std::memory_order_seq_cst);
}

void Doorbell::end_sleep(bool readable) {
    flags_[self_].asleep.store(0, std::memory_order_relaxed);
    if (!readable) return;
    char bytes[8];
    while (::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    }
}

void Doorbell::announce_end() {
    flags_[self_].ending.store(1, std::memory_order_seq_cst);
}

bool Doorbell::has_announced_end(Rank peer) const {
    return flags_[index_.at(peer)].ending.load(std::memory_order_seq_cst) != 0;
}

void Doorbell::send_to(std::size_t peer, int passed_fd) const {
    sockaddr_un address = address_of(names_[peer]);
    char byte = 0;
    iovec piece{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = length_of(names_[peer]);
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (passed_fd >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(head), &passed_fd, sizeof passed_fd);
    }
    // A peer whose queue is full is awake or about to be.
    (void)::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

UniqueFd Doorbell::receive_fd() const {
    pollfd ready{socket_.get(), POLLIN, 0};
    pause(std::span{&ready, 1}, meeting_ns);
    char byte = 0;
    iovec piece{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    int fd = -1;
    if (::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) > 0) {
        if (cmsghdr* head = CMSG_FIRSTHDR(&message)) std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
    }
    return UniqueFd{fd};
}

}  // namespace rankpool::transport
