// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <cstdint>
#include <span>

namespace rankpool::supervisor {

/// SIGINT, SIGTERM and SIGHUP, which end the program, and SIGUSR1 and SIGUSR2, which the main worker may act
/// on, as the supervisor's loop sees them. One per process.
class EndSignals {
  public:
    /// From now on the signals are noted instead of ending the process, but for those that are ignored.
    static void watch();
    /// The signal to end that has come, or 0.
    static int received();
    /// The process that has sent it; 0 where that is not known, as for a terminal's.
    static int sender();
    /// SIGUSR1 or SIGUSR2, once after it has come; or 0.
    static int take_for_main();
    /// Sleeps as `pause` does, but not if a signal has come, and no longer than until one comes.
    static void pause_unless_received(std::span<pollfd> fds, std::int64_t max_ns);
};

}  // namespace rankpool::supervisor
