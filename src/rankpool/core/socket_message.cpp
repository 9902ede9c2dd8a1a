// SPDX-License-Identifier: MIT
#include "rankpool/core/socket_message.hpp"

#include "rankpool/core/deadline.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace rankpool {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t rights_bytes = CMSG_SPACE(most_passed_fds * sizeof(int));

bool passes_with_time(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM ||
           error == ETOOMANYREFS;
}

/// Takes the descriptors of one part over: those that there is room for, and closes the others.
void take_rights(cmsghdr const& part, SocketMessage& message) {
    if (part.cmsg_len < CMSG_LEN(0)) return;
    std::size_t const count = (part.cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(&part) + i * sizeof(int), sizeof number);
        UniqueFd fd{number};
        if (message.fd_count < message.fds.size()) {
            message.fds[message.fd_count++] = std::move(fd);
        } else {
            message.is_whole = false;
        }
    }
}

void take_sender(cmsghdr const& part, SocketMessage& message) {
    ucred who{};
    if (part.cmsg_len < CMSG_LEN(sizeof who)) return;
    std::memcpy(&who, CMSG_DATA(&part), sizeof who);
    message.sender = who.uid;
}

}  // namespace

int send_message(int socket, std::span<std::byte const> bytes, std::span<int const> fds,
                 std::chrono::milliseconds patience, Recipient to) {
    iovec piece{const_cast<std::byte*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) std::array<char, rights_bytes> control{};
    msghdr message{};
    message.msg_name = const_cast<sockaddr*>(to.address);
    message.msg_namelen = to.size;
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr* const part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(part), fds.data(), fds.size_bytes());
    }
    auto const deadline = Deadline::after(patience);
    for (auto nap = 100us; true; nap = std::min(nap * 2, 20'000us)) {
        if (::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
        int const error = errno;
        if (error == EINTR) continue;
        if (!passes_with_time(error) || deadline.passed()) return error;
        std::this_thread::sleep_for(nap);
    }
}

std::optional<SocketMessage> receive_message(int socket, std::span<std::byte> to) {
    iovec piece{to.data(), to.size()};
    alignas(cmsghdr) std::array<char, rights_bytes + CMSG_SPACE(sizeof(ucred))> control{};
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    SocketMessage message;
    do {
        message.size = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (message.size < 0 && errno == EINTR);
    if (message.size < 0) return std::nullopt;
    message.is_whole = (header.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET) continue;
        if (part->cmsg_type == SCM_RIGHTS) take_rights(*part, message);
        if (part->cmsg_type == SCM_CREDENTIALS) take_sender(*part, message);
    }
    if (!message.is_whole) {
        for (UniqueFd& fd : message.fds) fd.reset();
        message.fd_count = 0;
    }
    return message;
}

}  // namespace rankpool
