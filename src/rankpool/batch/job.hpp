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
enum class ExitCode { success = 0, tasks_failed = 1, wrong_use = 2, program_failed = 70, stopped_early = 75 };

/// Scientific work that the program `rankpool` runs by name; the members hold its options.
///
/// Every process of the program has the object, with the same options, since all parse the same command line.
/// `run` is called once, in the main worker. A file adds its job to the program by an object of namespace
/// scope:
///
///     rankpool::batch::Registered<MyJob> const registered;
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
};

/// Adds a job to those of the program; before main.
void add_job(std::unique_ptr<Job> job);

/// The jobs of the program by name.
std::vector<Job*> jobs();

/// Adds the job `J` to the program.
template <class J>
class Registered {
  public:
    Registered() { add_job(std::make_unique<J>()); }
};

}  // namespace rankpool::batch
