// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace rankpool {

/// What the environment says about how this program is to run.
struct Settings {
    /// RANKPOOL_WORKERS_PER_RANK, 1 to 9999; nothing: `auto`, see cores_of_this_rank(). 0: pools have no
    /// workers, and their tasks run in the processes that make them.
    std::optional<unsigned> workers = 1;
    /// Whether this job goes on without ranks that are lost: where the launcher lets it, which mpirun does
    /// with
    /// --enable-recovery, or where RANKPOOL_RECOVERY=1 says so (0: never). The time is how long nothing may
    /// be heard of another node before it counts as lost: RANKPOOL_HEARTBEAT_TIMEOUT, in seconds, 20 by
    /// default.
    std::optional<std::chrono::nanoseconds> patience;
    /// RANKPOOL_WAKE_DATAGRAMS=0: ranks of other nodes are not woken by UDP datagrams; each looks for
    /// messages every 10 ms.
    bool wake_datagrams = true;
};

/// Takes these and RANKPOOL_EXIT_CODE_FILE out of the environment, so that nothing that is started from here
/// takes for its own what is meant for this program. Before MPI starts. Throws UsageError where one cannot be
/// used.
Settings take_settings();

}  // namespace rankpool
