// SPDX-License-Identifier: MIT
#include "rankpool/batch/command_line.hpp"
#include "rankpool/rankpool.hpp"

int main(int argc, char** argv) {
    rankpool::batch::CommandLine const line{
        {"rankpool", RANKPOOL_VERSION, "Scientific jobs on all cores of one computer or a cluster."},
        argc,
        argv};
    if (line.is_done()) return line.exit_code();
    return rankpool::run(argc, argv, [&line](rankpool::Context& context) { return line.run(context); });
}
