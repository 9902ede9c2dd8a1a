// SPDX-License-Identifier: MIT
// The parts of Context that make queues and pipes.
#include "rankpool/channel/context_channels.hpp"

namespace rankpool::channel {

Handle make_queue(QueueOptions const& options) {
    return make_channel(
        {.rings = 1, .reserved = 0, .maxsize = options.maxsize, .max_bytes = options.max_bytes})[0];
}

std::array<Handle, 2> make_pipe(PipeOptions const& options) {
    return make_channel({.rings = 2, .reserved = 0, .maxsize = 0, .max_bytes = options.max_bytes});
}

}  // namespace rankpool::channel
