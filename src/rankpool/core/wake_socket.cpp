// SPDX-License-Identifier: MIT
#include "rankpool/core/wake_socket.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/secret_filter.hpp"
#include "rankpool/core/socket_message.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>

namespace rankpool {
namespace {

using namespace std::chrono_literals;

/// For a descriptor to get into the queue of a process that is starting.
constexpr auto patience = 2000ms;
/// A queue holds no more than this on any system that we know; who floods it must not keep the reader.
constexpr int most_messages = 1024;

std::optional<sockaddr_un> address_of(WakeSocket::Name const& name) {
    // Names lie in memory that other processes write to.
    if (name.size > name.bytes.size()) return std::nullopt;
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
    auto const fail = [] {
        throw Error("cannot make the socket that wakes this process (" + std::string{std::strerror(errno)} +
                    ")");
    };
    if (!socket_) fail();
    name_.secret = make_secret();
    // Before it has a name by which strangers could find it.
    accept_only(socket_.get(), name_.secret, 0);
    int const yes = 1;
    (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // An address of this length asks the kernel for a free name without a file.
    if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)) != 0) fail();
    socklen_t size = sizeof address;
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) fail();
    name_.size = static_cast<std::uint32_t>(size - offsetof(sockaddr_un, sun_path));
    if (name_.size > name_.bytes.size()) throw Error("the system gives sockets longer names than expected");
    std::memcpy(name_.bytes.data(), address.sun_path, name_.size);
}

void WakeSocket::wake(Name const& other) const {
    auto const address = address_of(other);
    if (!address) return;
    // One whose queue is full is awake or about to be; one that is gone has nobody to wake.
    (void)!::sendto(socket_.get(), other.secret.data(), other.secret.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<sockaddr const*>(&*address), length_of(other));
}

bool WakeSocket::send(Name const& other, int passed_fd) const {
    auto const address = address_of(other);
    if (!address) return false;
    return send_message(socket_.get(), other.secret, std::span{&passed_fd, 1}, patience,
                        {reinterpret_cast<sockaddr const*>(&*address), length_of(other)}) == 0;
}

UniqueFd WakeSocket::receive() const {
    Secret shown;
    for (int i = 0; i < most_messages; ++i) {
        auto message = receive_message(socket_.get(), shown);
        if (!message) break;
        bool const knows_the_name = message->size == sizeof shown && shown == name_.secret;
        bool const is_ours = message->sender == ::geteuid();
        if (knows_the_name && is_ours && message->is_whole && message->fd_count == 1) {
            return std::move(message->fds[0]);
        }
    }
    return {};
}

void WakeSocket::empty() const {
    char bytes[sizeof(Secret)];
    // An empty message counts, too; descriptors that come along are not taken.
    for (int i = 0; i < most_messages; ++i) {
        if (::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT) < 0) return;
    }
}

}  // namespace rankpool
