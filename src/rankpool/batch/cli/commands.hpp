// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/option_set.hpp"

#include <memory>
#include <string>
#include <vector>

namespace rankpool::batch {

/// A command that looks at a run, or does a task of it once more. It works in one process, without MPI.
class RunCommand {
  public:
    RunCommand() = default;
    RunCommand(RunCommand const&) = delete;
    RunCommand& operator=(RunCommand const&) = delete;
    virtual ~RunCommand() = default;

    [[nodiscard]] virtual std::string name() const = 0;
    [[nodiscard]] virtual std::string summary() const = 0;
    virtual void add_options(OptionSet& options) = 0;
    /// Throws InputError.
    virtual void execute() = 0;
};

/// `status`, `export`, `report`, `explain` and `rerun`.
std::vector<std::unique_ptr<RunCommand>> run_commands();

}  // namespace rankpool::batch
