// SPDX-License-Identifier: MIT
#include "app/run_job.hpp"

#include "rankpool/core/log.hpp"

#include <exception>

namespace app {

using rankpool::batch::ExitCode;

ExitCode run_job(rankpool::Context& context, Command const& command) {
    try {
        rankpool::batch::Run run{command.progress};
        return command.job->run(context, run);
    } catch (rankpool::batch::InputError const& error) {
        rankpool::say(error.what());
        return ExitCode::wrong_use;
    } catch (rankpool::TaskError const& error) {
        rankpool::say(error.what());
        return ExitCode::tasks_failed;
    } catch (...) {
        auto const error = rankpool::describe_current_exception();
        rankpool::say("the job " + command.job->name() + " failed (" + error.type_name + ": " +
                      error.message + ")");
        return ExitCode::program_failed;
    }
}

}  // namespace app
