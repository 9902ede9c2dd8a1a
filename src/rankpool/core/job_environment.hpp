// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

namespace rankpool {

/// Takes a variable out of this process's environment, so that nothing that it starts inherits it. What it
/// was stays known to job_variable(), here and in forked processes.
void take_variable(std::string const& name);

/// Takes out by what a process knows itself to be a rank of an MPI job: what mpirun or srun have added, so
/// that what is started from here may be an MPI program of its own, or mpirun. What the user has set stays as
/// it was for the launcher. Without a launcher nothing is taken.
void take_launchers_variables();

/// The value of a variable that may have been taken.
std::optional<std::string> job_variable(std::string const& name);

/// True in a process that mpirun or srun has started, as far as the environment tells.
bool has_launcher();

/// The process of mpirun on this node, or of what it has started here, from which this one comes. Nothing
/// without a launcher, or where that is not known.
std::optional<int> launchers_process();

/// True in a job of Grid Engine's. What a job of Slurm's has inherited from one of those, which may have
/// submitted it, does not count.
bool in_grid_engine();

/// The number of the batch system's job to which this process belongs, as Slurm and Grid Engine give it to
/// what they start. Nothing outside of a job.
std::optional<std::string> batch_job();

/// False in ranks other than the first, as far as the environment tells.
bool is_first_rank();

}  // namespace rankpool
