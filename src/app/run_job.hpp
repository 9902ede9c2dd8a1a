// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/rankpool.hpp"

#include "app/cli.hpp"

namespace app {

/// Runs the job in the main worker and says on stderr what went wrong, if anything did.
rankpool::batch::ExitCode run_job(rankpool::Context& context, Command const& command);

}  // namespace app
