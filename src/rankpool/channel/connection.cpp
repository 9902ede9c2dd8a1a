// SPDX-License-Identifier: MIT
#include "rankpool/channel/connection.hpp"

namespace rankpool::channel {

bool AnyConnection::poll_until(Deadline const& deadline) const {
    return !worker::wait_for_any({handle_.waitable()}, deadline).empty();
}

void throw_end_of_file() {
    throw EndOfFile(
        "nothing more comes through this connection (every other end is closed, or its process has ended)");
}

}  // namespace rankpool::channel
