// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace rankpool {

/// The process that has made this one, as Python's multiprocessing.parent_process(): of a Process the one
/// that started it, of a pool's worker the one that made the pool.
class ParentProcess {
  public:
    [[nodiscard]] std::string name() const;
    /// On its own node.
    [[nodiscard]] pid_t pid() const;
    /// The rank it belongs to.
    [[nodiscard]] int rank() const;
    /// False from when this process has been told of its end, or of the loss of its rank. Daemons and the
    /// workers of a pool are ended with their parent.
    [[nodiscard]] bool is_alive() const;
};

/// In any worker; nothing in the main worker, which nobody has made. Throws UsageError elsewhere.
[[nodiscard]] std::optional<ParentProcess> parent_process();

}  // namespace rankpool
