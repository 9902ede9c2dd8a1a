// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/job_base.hpp"

#include <memory>
#include <string>

namespace rankpool {
class Context;
}

namespace rankpool::batch {

/// What a program that runs jobs calls itself.
struct ProgramInfo {
    std::string name;
    std::string version;
    std::string summary;
};

/// The command line of a program that runs jobs: `rankpool` or another with jobs of its own. Its main is
///
///     rankpool::batch::CommandLine line{{"tool", "1.0", "What it is for."}, argc, argv};
///     if (line.is_done()) return line.exit_code();
///     return rankpool::run(argc, argv, [&](rankpool::Context& context) { return line.run(context); });
///
/// Made in every process, before MPI starts. Help, lists, complaints, and what commands without a job print,
/// come from the process of rank 0 alone, which alone has their exit code. Sets RANKPOOL_WORKERS_PER_RANK
/// where the option is given.
class CommandLine {
  public:
    CommandLine(ProgramInfo const& info, int argc, char** argv);
    CommandLine(CommandLine&&) noexcept;
    ~CommandLine();

    /// There is no job to be run: all has been said and done.
    [[nodiscard]] bool is_done() const;
    [[nodiscard]] int exit_code() const { return static_cast<int>(exit_code_); }

    /// Runs the job, in the main worker; returns the program's exit code.
    int run(Context& context) const;

  private:
    class Parser;

    std::unique_ptr<Parser> parser_;
    ExitCode exit_code_ = ExitCode::success;
};

}  // namespace rankpool::batch
