// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/job_base.hpp"

#include <memory>
#include <string>

namespace rankpool::batch {

/// The command `check`: what this program sees where it was started, and what is wrong with that. Its exit
/// code is 1 if something will hurt.
std::unique_ptr<Job> make_check_job();

/// What is wrong with how srun started this process, so wrong that MPI would end it before it could say so;
/// or empty. Before MPI starts.
std::string problem_before_mpi();

}  // namespace rankpool::batch
