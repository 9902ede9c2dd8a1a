// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
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
    /// Which of its pool's workers it is, from 0; one that is replaced has its successor's. Empty in the main
    /// worker and in a Process.
    [[nodiscard]] std::optional<int> index() const;
    /// Which of its pool's workers on its node it is, from 0 and without gaps: by which each takes a GPU of
    /// its own. Empty where index is.
    [[nodiscard]] std::optional<int> local_index() const;
};

/// In any worker. Its functions throw UsageError elsewhere.
inline CurrentProcess current_process() {
    return {};
}

}  // namespace rankpool
