// SPDX-License-Identifier: MIT
#include "rankpool/core/wake_socket.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/pause.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace rankpool {
namespace {

sockaddr_un address_of(WakeSocket::Name const& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.bytes.data(), name.size);
    return address;
}

socklen_t length_of(WakeSocket::Name const& name) {
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size);
}

}  // namespace

WakeSocket::WakeSocket() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // An address of this length asks the kernel for a free name without a file.
    if (!socket_ || ::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)) != 0) {
        throw Error("cannot make the socket that wakes this process (" + std::string{std::strerror(errno)} +
                    ")");
    }
    socklen_t size = sizeof address;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    name_.size = static_cast<std::uint32_t>(size - offsetof(sockaddr_un, sun_path));
    std::memcpy(name_.bytes.data(), address.sun_path, std::min<std::size_t>(name_.size, name_.bytes.size()));
}

void WakeSocket::send(Name const& other, int passed_fd) const {
    sockaddr_un address = address_of(other);
    char byte = 0;
    iovec piece{&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = length_of(other);
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
    // One whose queue is full is awake or about to be.
    (void)::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

UniqueFd WakeSocket::receive(std::int64_t max_ns) const {
    pollfd ready{socket_.get(), POLLIN, 0};
    pause(std::span{&ready, 1}, max_ns);
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

void WakeSocket::empty() const {
    char bytes[8];
    while (::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    }
}

}  // namespace rankpool
