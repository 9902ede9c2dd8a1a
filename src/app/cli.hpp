// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job.hpp"

namespace app {

/// What the command line asks for.
struct Command {
    /// The job to run, its options set; none where parsing has done all there was to do.
    rankpool::batch::Job* job = nullptr;
    rankpool::batch::ProgressStyle progress = rankpool::batch::ProgressStyle::none;
    /// Where there is no job.
    rankpool::batch::ExitCode exit_code = rankpool::batch::ExitCode::success;
};

/// Reads the command line, in every process and before MPI starts. Help, lists and complaints are printed by
/// the process of rank 0 alone, which alone has their exit code. Sets RANKPOOL_WORKERS_PER_RANK where the
/// option is given.
Command parse(int argc, char** argv);

}  // namespace app
