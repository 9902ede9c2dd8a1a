// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/command/end_steps.hpp"
#include "rankpool/batch/exec/command_done.hpp"
#include "rankpool/batch/exec/command_plan.hpp"
#include "rankpool/batch/exec/run_orders.hpp"
#include "rankpool/batch/exec/turn.hpp"
#include "rankpool/batch/session/measured.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rankpool::batch {

/// Exit codes that are no failures.
struct SuccessCodes {
    std::vector<int> codes{0};

    /// Of `0,3`. Nothing where the text is none.
    static std::optional<SuccessCodes> parse(std::string const& text);
    [[nodiscard]] bool have(int code) const;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& codes;
    }
};

/// Of a command no more than about so many bytes are recorded.
inline constexpr std::size_t longest_kept_command = std::size_t{32} * 1024;

/// Adds the variables by which a command knows its task; `task_dir` may be empty.
void add_task_variables(std::vector<std::string>& variables, TaskPlace const& place,
                        std::string const& run_dir, std::string const& task_dir);

/// Which commands' output is kept.
enum class KeptOf { all, failed, none };

/// Runs commands in a worker, one at a time, as the run's options say.
class CommandRunner {
  public:
    /// Runs it to its end, and leaves how it ended in `place`. Throws FailedWithOutput where it fails,
    /// NodeExhausted where it could not be begun here.
    CommandDone run(PlannedCommand command, TaskPlace& place) const;
    /// The same for a row that a persistent command is asked for.
    CommandDone ask(PlannedCommand command, std::string const& request, TaskPlace& place) const;

    std::uint64_t memory_limit = 0;
    std::string run_dir;
    SuccessCodes success;
    EndSteps end_steps;
    KeptOf keeps = KeptOf::all;
    bool shows_lines = false;       ///< of stdout, at once, on this process's
    std::vector<Semaphore> limits;  ///< a command has a unit of each while it runs
    RunOrders orders;
    bool asks_for_orders = false;  ///< they may change while a command runs
    unsigned workers_on_node = 1;  ///< where there are most

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& memory_limit& run_dir& success& end_steps& keeps& shows_lines& limits& orders&
            asks_for_orders& workers_on_node;
    }

  private:
    [[nodiscard]] KnownMemory known_memory(TaskPlace const& place) const;
    /// Notes the command, and waits for its turn.
    Turn begin(Turn::Of of, PlannedCommand const& command, TaskPlace& place) const;
    void check_wanted(PlannedCommand const& command, TaskPlace& place) const;
};

}  // namespace rankpool::batch
