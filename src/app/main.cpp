// SPDX-License-Identifier: MIT
#include "rankpool/rankpool.hpp"

#include "app/cli.hpp"
#include "app/run_job.hpp"

int main(int argc, char** argv) {
    app::Command const command = app::parse(argc, argv);
    if (!command.job) return static_cast<int>(command.exit_code);
    return rankpool::run(argc, argv, [&command](rankpool::Context& context) {
        return static_cast<int>(app::run_job(context, command));
    });
}
