// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/fork/fork_server.hpp"

#include <sys/resource.h>

namespace rankpool::supervisor {

/// What the fork server tells; a birth comes with the link's memory and the supervisor's socket.
struct ServerNotice {
    ForkServer::Notice::What what{};
    Birth birth;
    pid_t pid = 0;
    int status = 0;
};

/// The life of the fork server: forks workers, passes signals on, tells deaths, until the supervisor's end of
/// `control` closes; then kills what is left and ends the process. Also when `launcher`, the process that has
/// started the rank, is mpirun or its daemon and ends: a rank that waits for it in MPI would stay for ever.
/// Workers have `workers_limit` of descriptors.
[[noreturn]] void serve_forks(UniqueFd control, NoticeCount& notices, std::function<void()> const& prepare,
                              WorkerMain const& worker_main, pid_t launcher, rlimit const& workers_limit);

}  // namespace rankpool::supervisor
