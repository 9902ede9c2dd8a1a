// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <string>

namespace rankpool {

/// The worker process that asks, as Python's multiprocessing.current_process().
class CurrentProcess {
  public:
    /// The rank it belongs to.
    [[nodiscard]] int rank() const;
    /// `MainProcess` or `PoolWorker-3`.
    [[nodiscard]] std::string name() const;
    [[nodiscard]] pid_t pid() const;
    [[nodiscard]] std::string host() const;
};

/// In any worker. Its functions throw UsageError elsewhere.
inline CurrentProcess current_process() {
    return {};
}

}  // namespace rankpool
