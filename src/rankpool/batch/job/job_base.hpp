// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/job/job_context.hpp"
#include "rankpool/batch/job/option_set.hpp"

#include <memory>
#include <string>
#include <vector>

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
    virtual void add_options(OptionSet& options) = 0;
    /// Does the work. Throws InputError where the input is bad; an error of a task may pass through.
    virtual ExitCode run(Context& context, JobContext& run) = 0;
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
