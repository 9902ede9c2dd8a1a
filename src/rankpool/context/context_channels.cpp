// SPDX-License-Identifier: MIT
// The parts of Context that make queues and pipes.
#include "rankpool/context/context_channels.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace rankpool::channel {
namespace {

/// All memory of this machine, where a process may map it: a ring takes twice its size of addresses.
std::uint64_t bytes_of_this_machine() {
    auto const all = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                     static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    rlimit addresses{};
    if (::getrlimit(RLIMIT_AS, &addresses) != 0 || addresses.rlim_cur == RLIM_INFINITY) return all;
    return std::min<std::uint64_t>(all, addresses.rlim_cur / 8);
}

/// More than all memory is no bound.
std::uint64_t bound_of(std::uint64_t max_bytes) {
    return std::min(max_bytes, bytes_of_this_machine());
}

}  // namespace

Handle make_queue(QueueOptions const& options) {
    return make_channel(
        {.rings = 1, .reserved = 0, .maxsize = options.maxsize, .max_bytes = bound_of(options.max_bytes)})[0];
}

Handle make_simple_queue() {
    return make_queue(QueueOptions{.max_bytes = UINT64_MAX});
}

std::array<Handle, 2> make_pipe(PipeOptions const& options) {
    return make_channel({.rings = 2, .reserved = 0, .maxsize = 0, .max_bytes = bound_of(options.max_bytes)});
}

}  // namespace rankpool::channel
