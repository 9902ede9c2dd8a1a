// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/unique_fd.hpp"

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

namespace rankpool {

/// Descriptors that one message may carry, at most.
inline constexpr std::size_t most_passed_fds = 2;

/// Whom a message on a local socket is for; whom the socket is connected to by default.
struct Recipient {
    sockaddr const* address = nullptr;
    socklen_t size = 0;
};

/// Sends a message with copies of `fds`. What passes with time (no room, too many descriptors on their way)
/// is waited for, up to `patience`. Returns 0, or errno where the message has not been sent.
int send_message(int socket, std::span<std::byte const> bytes, std::span<int const> fds,
                 std::chrono::milliseconds patience, Recipient to = {});

/// What has come on a local socket.
struct SocketMessage {
    ssize_t size = 0;  ///< bytes; 0 where the other end is gone
    std::array<UniqueFd, most_passed_fds> fds;
    std::size_t fd_count = 0;
    bool is_whole = true;         ///< false: some of it had no room here; no descriptor is kept then
    std::optional<uid_t> sender;  ///< told by the kernel, where the socket has SO_PASSCRED
};

/// Receives a message without waiting; nothing where none is there, errno says why. Every descriptor that
/// comes along is either in `fds` or closed.
std::optional<SocketMessage> receive_message(int socket, std::span<std::byte> to);

}  // namespace rankpool
