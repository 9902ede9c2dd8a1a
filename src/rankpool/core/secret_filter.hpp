// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/secret.hpp"

#include <cstdint>

namespace rankpool {

/// Lets the kernel drop all messages to this socket that do not begin with the secret, after `header` bytes
/// that it puts before them (8 for UDP). Where it cannot, strangers wake us in vain; nothing else may depend
/// on it.
void accept_only(int socket, Secret const& secret, std::uint32_t header);

}  // namespace rankpool
