// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/input_error.hpp"
#include "rankpool/batch/run.hpp"

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}
namespace rankpool {
class Context;
}

namespace rankpool::batch {

/// How a job ended, and with it the program. The numbers are the program's exit codes.
enum class ExitCode {
    success = 0,
    tasks_failed = 1,
    wrong_use = 2,
    program_failed = 70,
    output_failed = 74,  ///< stdout could not be written; what is stored is stored all the same
    stopped_early = 75,
};

/// Groups (CLI::Option::group) of a job's options that may differ when a run is resumed, as all others of a
/// recorded job may not: those that say only what is made of the results, and those that say where inputs
/// come from, if the inputs hold all that the results depend on.
inline constexpr auto output_group = "Output";
inline constexpr auto input_group = "Input";

/// Work that the program runs by name, whatever its shape. Work that falls into tasks is better written as a
/// recorded job, see job.hpp; this is for what does not, and below the recorded ones.
///
/// Every process of the program has the object, with the same options, since all parse the same command line.
/// `run` is called once, in the main worker.
class Job {
  public:
    Job() = default;
    Job(Job const&) = delete;
    Job& operator=(Job const&) = delete;
    virtual ~Job();

    /// The word after `rankpool run`.
    [[nodiscard]] virtual std::string name() const = 0;
    /// One line for `rankpool list`.
    [[nodiscard]] virtual std::string summary() const = 0;
    /// Declares the options. Runs in every process, before MPI starts; must not touch files.
    virtual void add_options(CLI::App& command) = 0;
    /// Does the work. Throws InputError where the input is bad; an error of a task may pass through.
    virtual ExitCode run(Context& context, Run& run) = 0;
    /// True if it keeps a run directory, and so has the options that go with one.
    [[nodiscard]] virtual bool is_recorded() const { return false; }
};

/// Adds a job to those of the program; before main.
void add_job(std::unique_ptr<Job> job);

/// The jobs of the program by name.
std::vector<Job*> jobs();

/// The same for what is no science but tells about the machine: `rankpool NAME` instead of `rankpool run
/// NAME`.
void add_command(std::unique_ptr<Job> command);
std::vector<Job*> commands();

}  // namespace rankpool::batch
