// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/job_base.hpp"

#include <memory>

namespace rankpool::batch {

/// `rankpool exec`: a command for each row of a table, recorded as any other job's tasks.
std::unique_ptr<Job> make_exec_job();

}  // namespace rankpool::batch
