// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

namespace rankpool {

class Context;

/// Runs the program: `main` once, in a worker process of rank 0, with the workers of all ranks at its
/// service. Every rank calls this once, early in its main(), with the same arguments and before any thread or
/// MPI; it returns when the program has ended, on rank 0 with the exit code that `main` gave, elsewhere with
/// 0; a second call is refused with 2. An exception that leaves `main` is printed with its type, and the exit
/// code is 1; if the main worker dies of a signal it is 128 + signal; 70 if rankpool itself fails; 75 if
/// something outside has stopped it, which may pass.
///
/// RANKPOOL_WORKERS_PER_RANK in the environment says how many workers a default pool has on each rank: a
/// number, or `auto` for the cores that each rank may use. With 0 pools have no workers: a task runs in the
/// process that called for it while that waits, for a debugger or profiler (`gdb -iex 'set follow-fork-mode
/// child'`). Its values are serialised all the same, but its memory is the caller's, its crash is the
/// program's, and no limit on its time or memory holds. Without mpirun, this process is the only rank.
int run(int argc, char** argv, std::function<int(Context&)> main);

}  // namespace rankpool
