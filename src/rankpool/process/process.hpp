// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/process/children.hpp"
#include "rankpool/worker/waitable.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rankpool {

/// How a process is made.
struct ProcessOptions {
    /// What it is called; `Process-1` and so on if empty.
    std::string name{};
    /// It is killed when its parent ends. Others are waited for at a parent's normal end. If not set, it is
    /// one where its parent is, as in Python.
    std::optional<bool> daemon{};
    /// The rank that it runs on; the one with the fewest processes if not set.
    std::optional<int> rank{};
    /// Variables that it has in addition to its parent's, or instead.
    std::map<std::string, std::string> environment{};
    /// The directory that it begins in, seen from its parent's; empty: that one.
    std::string cwd{};
};

/// A process on any rank of the job, as Python's multiprocessing.Process: made by Context::process, run by
/// `start`. Copies are the same process; letting go of them does nothing to it. Used by the process that made
/// it. Differs from Python: `start` returns when the process has its arguments.
class Process {
  public:
    Process() = default;
    explicit Process(std::shared_ptr<process::Child> child) : child_(std::move(child)) {}

    /// Starts it. Throws UsageError the second time, SerializationError where the arguments cannot travel,
    /// Error where the machine has no room for it: then it has not been started, and can be tried again.
    void start();
    /// Waits until it has ended. Throws UsageError before start.
    void join() { (void)join_until(Deadline::never()); }
    /// The same, at most for so long; true if it has ended.
    template <class Rep, class Period>
    bool join(std::chrono::duration<Rep, Period> timeout) {
        return join_until(Deadline::after(timeout));
    }

    /// For `rankpool::wait`: ready when the process has ended. Throws UsageError before start.
    [[nodiscard]] Waitable sentinel() const;
    operator Waitable() const { return sentinel(); }

    [[nodiscard]] bool is_alive() const;
    /// Empty while it has not ended; then what it left with, or the negative number of the signal that ended
    /// it.
    [[nodiscard]] std::optional<int> exitcode() const;
    [[nodiscard]] std::string const& name() const { return child().name; }
    [[nodiscard]] bool daemon() const { return child().is_daemon; }
    /// Empty before start.
    [[nodiscard]] std::optional<int> pid() const;
    [[nodiscard]] std::optional<int> rank() const;

    /// Sends SIGTERM to it and to what it has started outside of rankpool.
    void terminate();
    /// The same with SIGKILL.
    void kill();
    /// Lets go of it. Throws UsageError while it runs; all but close throw ClosedError after it.
    void close();

  private:
    [[nodiscard]] process::Child& child() const;
    [[nodiscard]] process::Child& started(char const* verb) const;
    bool join_until(Deadline const& deadline);

    std::shared_ptr<process::Child> child_;
};

/// The processes that this process has started and that have not ended, as Python's active_children.
std::vector<Process> active_children();

namespace process {

Process make(ProcessOptions options, std::unique_ptr<ProcessCall> call);

/// Does not compile, and says why, where the callable cannot be run with these arguments in another process.
template <class Callable, class... Args>
Process make_of(ProcessOptions options, Callable callable, Args&&... args) {
    return make(std::move(options), std::make_unique<ProcessCallOf<Callable, std::decay_t<Args>...>>(
                                        std::move(callable), std::forward<Args>(args)...));
}

}  // namespace process

}  // namespace rankpool
