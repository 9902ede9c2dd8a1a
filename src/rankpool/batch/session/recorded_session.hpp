// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/job_base.hpp"
#include "rankpool/batch/session/typed_job.hpp"

namespace rankpool::batch {

/// One session of a recorded job, from its options to the last line: opens or resumes the run, has a pool do
/// the tasks, and lets the job finish. In the main worker. Throws as Job::run.
ExitCode run_session(TypedJob& job, Context& context, JobContext const& run);

}  // namespace rankpool::batch
