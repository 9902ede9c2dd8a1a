// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankpool {

/// A process that holds a lock or units of a semaphore of the job, or waits for one of these, an event, a
/// condition or a barrier: what Context::holdings gives.
struct Holding {
    std::string object;   ///< such as `lock 3 of rank 0`, as DeadlockError names it
    std::string process;  ///< its name
    int rank = 0;         ///< that it belongs to
    bool waits = false;
    std::int64_t amount = 0;                                 ///< units, or how often an RLock is held
    std::optional<std::chrono::milliseconds> duration = {};  ///< for so long, where that is known
};

namespace sync {

/// Asks the home on each rank, one round trip each. A rank that is lost says nothing.
std::vector<Holding> holdings(int ranks);

}  // namespace sync
}  // namespace rankpool
