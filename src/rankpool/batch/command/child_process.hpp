// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/command/command_start.hpp"
#include "rankpool/batch/command/end_steps.hpp"
#include "rankpool/batch/command/kept_output.hpp"
#include "rankpool/core/deadline.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rankpool::batch {

/// How a command ended, and what it wrote.
struct ChildResult {
    int wait_status = 0;
    std::string out;
    std::string err;
    std::uint64_t out_bytes = 0;  ///< written, which may be more than is kept
    std::uint64_t err_bytes = 0;
    bool is_out_whole = true;
    double user_seconds = 0;
    double system_seconds = 0;
    std::int64_t peak_memory = 0;     ///< bytes; of a short one at least this process's, as the kernel has it
    std::int64_t watched_memory = 0;  ///< bytes that have been seen; 0: it was too short
    bool is_over_memory = false;      ///< it was ended for its memory
    bool is_out_of_memory = false;    ///< it seems to have been ended by the system for want of it
    bool is_over_time = false;        ///< and for its time, if by itself after a signal
    bool is_told_to_end = false;      ///< as ordered
    std::chrono::nanoseconds timeout{0};  ///< how long it might run, at last
};

/// What is to become of a command that runs.
struct ChildOrders {
    std::chrono::nanoseconds timeout{0};  ///< since its start; 0: as it was
    bool must_end = false;
};

/// How a command is run.
struct ChildOptions {
    /// Of what it writes so much is kept whole.
    std::size_t most_out = std::size_t{512} << 20;
    std::size_t most_err = std::size_t{4} << 20;
    /// Of more than that, so much of its start and of its end.
    std::size_t part = std::size_t{1} << 20;
    /// It is ended when it has more bytes of memory, with all that it has started; 0: no limit.
    std::uint64_t memory_limit = 0;
    /// Nothing stays that it has started, also where that is in a group or session of its own; for a process
    /// that adopts orphans and starts nothing else meanwhile. Else only its group is ended with it.
    bool whole_tree = false;
    CommandSurroundings surroundings{};
    /// How long it may run, and how it is ended then, with all that it has started; 0: no limit.
    std::chrono::nanoseconds timeout{0};
    EndSteps end_steps = default_end_steps();
    /// Are given what it writes to stdout and to stderr, as it comes.
    std::function<void(std::string_view)> on_out{};
    std::function<void(std::string_view)> on_err{};
    /// Asked once a second, the first time when it has run for so long.
    std::function<ChildOrders()> orders{};
};

/// A command, looked for in PATH, that runs beside this process in a group of its own. It has
/// ended when its process has; what it has started may go on writing for a moment and is then killed. Killed
/// if it outlives this, or the thread that made it.
class ChildProcess {
  public:
    /// Starts it. Throws Error where it cannot be started.
    explicit ChildProcess(std::vector<std::string> const& words, ChildOptions const& options = {});
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
ChildResult run_child(std::vector<std::string> const& words, ChildOptions const& options = {});

}  // namespace rankpool::batch
