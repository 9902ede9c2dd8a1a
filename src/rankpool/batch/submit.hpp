// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job_base.hpp"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rankpool::batch {

/// The command `submit [sbatch options] -- run align ...`: writes the batch script of a run, keeps it beside
/// the run's folder, and gives it to sbatch. In one process, without MPI.
class SubmitCommand {
  public:
    explicit SubmitCommand(CLI::App& app);

    /// Takes what comes after `--` away from the words of the command line, where it is this command's.
    void take_words(std::vector<std::string>& words);
    /// Submits, if that was asked for. Throws InputError.
    std::optional<ExitCode> execute();

  private:
    void read_options();
    void add_output(std::string const& run_dir);
    void check_options() const;
    void check_words() const;
    std::string choose_run_dir();
    ExitCode give_to_sbatch(std::string const& script, std::string const& run_dir) const;

    CLI::App* command_;
    std::string program_name_;
    std::vector<std::string> typed_;    ///< all words
    std::vector<std::string> options_;  ///< sbatch's
    std::vector<std::string> words_;    ///< the program's
    std::string launcher_;
    bool dry_run_ = false;
    bool is_reserved_ = false;  ///< the name of the run, in `runs`
};

}  // namespace rankpool::batch
