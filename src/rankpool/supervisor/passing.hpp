// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/unique_fd.hpp"

#include <array>
#include <cstddef>

namespace rankpool::supervisor {

enum class Received { nothing, message, end };

/// Sends a message of fixed size with two descriptors, or none if the first is empty; waits for room.
void send_with_fds(int socket, void const* data, std::size_t size, std::array<UniqueFd, 2> const& fds);

/// Receives such a message if one has come.
Received receive_with_fds(int socket, void* data, std::size_t size, std::array<UniqueFd, 2>& fds);

}  // namespace rankpool::supervisor
