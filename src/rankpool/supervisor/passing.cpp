// SPDX-License-Identifier: MIT
#include "rankpool/supervisor/passing.hpp"

#include <errno.h>
#include <sys/socket.h>

#include <cstring>

namespace rankpool::supervisor {
namespace {

constexpr std::size_t passed_bytes = 2 * sizeof(int);

/// A message header with room for two descriptors.
struct Envelope {
    Envelope(void* data, std::size_t size) : piece{data, size} {
        message.msg_iov = &piece;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
    }

    iovec piece;
    alignas(cmsghdr) char control[CMSG_SPACE(passed_bytes)] = {};
    msghdr message{};
};

}  // namespace

void send_with_fds(int socket, void const* data, std::size_t size, std::array<UniqueFd, 2> const& fds) {
    Envelope envelope{const_cast<void*>(data), size};
    if (fds[0]) {
        std::array<int, 2> const numbers{fds[0].get(), fds[1].get()};
        cmsghdr* head = CMSG_FIRSTHDR(&envelope.message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(passed_bytes);
        std::memcpy(CMSG_DATA(head), numbers.data(), passed_bytes);
    } else {
        envelope.message.msg_controllen = 0;
    }
    while (::sendmsg(socket, &envelope.message, MSG_NOSIGNAL) < 0 && errno == EINTR) {
    }
}

Received receive_with_fds(int socket, void* data, std::size_t size, std::array<UniqueFd, 2>& fds) {
    Envelope envelope{data, size};
    ssize_t const got = ::recvmsg(socket, &envelope.message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) return errno == ECONNRESET ? Received::end : Received::nothing;
    if (got == 0) return Received::end;
    if (cmsghdr* head = CMSG_FIRSTHDR(&envelope.message)) {
        std::array<int, 2> numbers{};
        std::memcpy(numbers.data(), CMSG_DATA(head), passed_bytes);
        fds = {UniqueFd{numbers[0]}, UniqueFd{numbers[1]}};
    }
    return Received::message;
}

}  // namespace rankpool::supervisor
