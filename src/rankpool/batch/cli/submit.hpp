// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/job_base.hpp"
#include "rankpool/batch/launch/batch_system.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// The command `submit [options of sbatch or qsub] -- run align ...`: writes the batch script of a run, keeps
/// it beside the run's folder, and gives it to the batch system. In one process, without MPI.
class SubmitCommand {
  public:
    static constexpr auto name = "submit";
    static constexpr auto summary =
        "Submits a run to a batch system: submit --nodes=2 --time=8:00:00 -- run align";
    /// Of its own options, for help.
    static constexpr auto footer =
        "Before -- are the options of sbatch, or of qsub where Grid Engine is, and these of its own:\n"
        "  --dry-run                   Prints the batch script and ends\n"
        "  --launcher mpirun|srun      What starts the ranks\n"
        "  --system slurm|grid-engine  To which it is submitted, unless the one that is here\n"
        "The batch script is kept beside the run's folder. It starts the run again until all is done; to go "
        "on\n"
        "with one that was cancelled, submit the script again.";

    explicit SubmitCommand(std::string program_name) : program_name_{std::move(program_name)} {}

    /// Takes what comes after `--` away from the words of the command line, where it is this command's.
    void take_words(std::vector<std::string>& words);
    /// Submits; `options` are the other words. Throws InputError.
    ExitCode execute(std::vector<std::string> options);

  private:
    void read_options();
    [[nodiscard]] bool is_array() const;
    [[nodiscard]] std::string job_name() const;
    void add_output(std::string const& run_dir);
    void check_options() const;
    void check_words();
    std::string choose_run_dir();
    ExitCode give_to_system(std::string const& script, std::string const& run_dir) const;

    std::string program_name_;
    std::vector<std::string> typed_;    ///< all words
    std::vector<std::string> options_;  ///< the submitter's
    std::vector<std::string> words_;    ///< the program's
    BatchSystem const* system_ = nullptr;
    std::string launcher_;
    std::uint64_t seed_ = 0;  ///< of the run, see RunRecord
    bool dry_run_ = false;
    bool is_reserved_ = false;  ///< the name of the run, in `runs`
};

}  // namespace rankpool::batch
