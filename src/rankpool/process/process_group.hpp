// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/process/process.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rankpool {

/// How a group of processes is made.
struct ProcessGroupOptions {
    /// How often each is started again when it has failed: has left with another code than 0, or was ended by
    /// a signal.
    int restarts = 0;
    /// They are called `name-1` and so on; `Process-1` and so on if empty.
    std::string name{};
};

namespace process {
class Group;
}

/// Processes that run the same function with the same arguments, spread over the ranks: made by
/// Context::processes. Copies are the same group; letting go of them does nothing to the processes. Used by
/// the process that made it. One that has failed is started again while the group is joined or its exit codes
/// are asked for; until none can be any more the group holds the arguments, of which queues and pipes must
/// stay open here so long.
class ProcessGroup {
  public:
    explicit ProcessGroup(std::shared_ptr<process::Group> group) : group_(std::move(group)) {}

    /// Starts them all. Throws what Process::start does; then called again, it starts those that are left.
    void start();
    /// Waits until all have ended for good. Throws UsageError before start, Error where the machine has no
    /// room to start one again.
    void join() { (void)join_until(Deadline::never()); }
    /// The same, at most for so long; true if all have ended.
    template <class Rep, class Period>
    bool join(std::chrono::duration<Rep, Period> timeout) {
        return join_until(Deadline::after(timeout));
    }

    /// Sends SIGTERM to all that run; none is started again from now on. Throws UsageError before start.
    void terminate();
    /// The same with SIGKILL.
    void kill();

    /// In the order of their names; empty for one that has not been started, or has not ended for good.
    [[nodiscard]] std::vector<std::optional<int>> exitcodes();
    /// Number of processes.
    [[nodiscard]] std::size_t size() const;

  private:
    bool join_until(Deadline const& deadline);

    std::shared_ptr<process::Group> group_;
};

namespace process {

ProcessGroup make_group(long n, ProcessGroupOptions const& options, std::shared_ptr<ProcessCall const> call);

}  // namespace process

}  // namespace rankpool
