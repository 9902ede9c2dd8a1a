// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <cstdint>
#include <span>

namespace rankpool::supervisor {

/// SIGINT and SIGTERM as the supervisor's loop sees them. One per process.
class EndSignals {
  public:
    /// From now on the signals are noted instead of ending the process.
    static void watch();
    /// The signal that has come, or 0.
    static int received();
    /// Sleeps as `pause` does, but not if a signal has come, and no longer than until one comes.
    static void pause_unless_received(std::span<pollfd> fds, std::int64_t max_ns);
};

}  // namespace rankpool::supervisor
