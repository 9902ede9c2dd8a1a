// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job_base.hpp"

#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace rankpool::batch {

/// The commands that look at a run: `status`, `export` and `report`. They work in one process, without MPI.
class RunCommands {
  public:
    explicit RunCommands(CLI::App& app);
    ~RunCommands();

    /// Does what was asked for, if it was one of them. Throws InputError.
    std::optional<ExitCode> execute();

  private:
    struct Settings;
    std::unique_ptr<Settings> settings_;
};

}  // namespace rankpool::batch
