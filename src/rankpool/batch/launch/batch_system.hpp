// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/launch/time_question.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rankpool::batch {

/// What runs jobs on a cluster's nodes: what it says of the job that this process belongs to, and how it is
/// given one. Each system is a file of its own; both know cluster/rankpool.sbatch.
class BatchSystem {
  public:
    /// In whose job this process is; null outside of one.
    static BatchSystem const* here();
    /// When this job must end, and when it was started, in seconds since 1970, where a system has said so in
    /// the environment; bytes that it may have on this node. Something may have passed on a part of that
    /// alone.
    static std::optional<double> told_end();
    static std::optional<double> told_start();
    static std::optional<std::int64_t> told_memory();
    /// The one of this name, `slurm` or `grid-engine`; with no name the one to which jobs can be given on
    /// this computer, or else Slurm. Throws InputError where there is none of this name.
    static BatchSystem const& to_submit_to(std::string const& name);

    BatchSystem() = default;
    BatchSystem(BatchSystem const&) = delete;
    BatchSystem& operator=(BatchSystem const&) = delete;
    virtual ~BatchSystem() = default;

    /// As options have it.
    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual bool has_this_job() const = 0;

    // Of this job.
    /// Asks how long it may still run.
    [[nodiscard]] virtual std::unique_ptr<TimeQuestion> ask_for_time() const = 0;
    /// How many ranks it was asked for, where that is known here; 0: it is not.
    [[nodiscard]] virtual int tasks() const = 0;
    [[nodiscard]] virtual std::optional<double> end() const { return std::nullopt; }
    [[nodiscard]] virtual std::optional<double> start() const { return std::nullopt; }
    [[nodiscard]] virtual std::optional<std::int64_t> memory() const { return std::nullopt; }

    // Of one that is given to it.
    /// The program that takes jobs.
    [[nodiscard]] virtual std::string_view submitter() const = 0;
    /// The lines of a script that have these options. Throws InputError for one that cannot stand there.
    [[nodiscard]] virtual std::string script_lines(std::vector<std::string> const& options) const = 0;
    [[nodiscard]] virtual bool says_output(std::string const& option) const = 0;
    [[nodiscard]] virtual bool says_array(std::string const& option) const = 0;
    /// The options by which a job, or each of an array's, writes into a file of this name, with `.out` at its
    /// end. Throws InputError where the name cannot be given.
    [[nodiscard]] virtual std::vector<std::string> output_options(std::string const& path,
                                                                  bool is_array) const = 0;
    /// That has the number of the job in an array.
    [[nodiscard]] virtual std::string_view array_variable() const = 0;
    /// That number with a dash before it, for bash; nothing where the job is in none.
    [[nodiscard]] virtual std::string_view array_suffix() const = 0;
    /// What starts ranks there.
    [[nodiscard]] virtual std::vector<std::string_view> launchers() const = 0;
    /// So that the submitter prints the job's name and nothing else.
    [[nodiscard]] virtual std::string_view terse() const = 0;
};

/// The systems, each in a file of its own.
BatchSystem const& slurm();
BatchSystem const& grid_engine();

}  // namespace rankpool::batch
