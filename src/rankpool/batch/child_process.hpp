// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rankpool::batch {

/// How a command ended, and what it wrote.
struct ChildResult {
    int wait_status = 0;
    std::string out;  ///< the first MiB
    std::string err;  ///< the last 64 KiB
    double cpu_seconds = 0;
    std::int64_t peak_memory = 0;  ///< bytes
};

/// What a command gets to know.
enum class Environment {
    all,
    without_launcher,  ///< not that by which MPI programs know their launcher: it may start one itself
};

/// A command, looked for in PATH, that runs beside this process, without input. Killed if it outlives this.
class ChildProcess {
  public:
    /// Starts it. Throws Error where it cannot be started.
    explicit ChildProcess(std::vector<std::string> const& words,
                          Environment environment = Environment::without_launcher);
    ChildProcess(ChildProcess const&) = delete;
    ChildProcess& operator=(ChildProcess const&) = delete;
    ~ChildProcess();

    /// Takes what it writes, until its end or the deadline; true when it has ended.
    bool wait(Deadline const& deadline);
    /// To be looked at when it has ended.
    [[nodiscard]] ChildResult& result();

  private:
    class State;
    std::unique_ptr<State> state_;
};

/// Runs a command as ChildProcess does, to its end.
ChildResult run_child(std::vector<std::string> const& words,
                      Environment environment = Environment::without_launcher);

}  // namespace rankpool::batch
