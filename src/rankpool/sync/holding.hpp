// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankpool {

/// A process that holds a lock or units of a semaphore of the job, or waits for one of these, an event, a
/// condition or a barrier: what Context::holdings gives.
struct Holding {
    std::string object;   ///< such as `lock 3 of rank 0`
    std::string process;  ///< its name
    int rank = 0;         ///< that it belongs to
    bool waits = false;
    std::int64_t amount = 0;  ///< units that are held, or how often an RLock is
    std::optional<std::chrono::milliseconds> duration = {};  ///< for so long, where that is known
};

namespace sync {

/// Asks all ranks at once. Of one that is lost, or does not answer within 5 s, nothing is known.
std::vector<Holding> holdings(int ranks);

/// The same of one rank, which is asked now, and whose answer nobody waits for: of up to a thousand of its.
class HoldingsQuestion {
  public:
    explicit HoldingsQuestion(Rank home);
    /// Once it has come.
    [[nodiscard]] std::optional<std::vector<Holding>> take();

  private:
    std::uint64_t number_;
};

}  // namespace sync
}  // namespace rankpool
