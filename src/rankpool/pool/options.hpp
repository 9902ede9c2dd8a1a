// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/callback.hpp"
#include "rankpool/pool/initializer.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace rankpool {

/// Whether workers stay on a processor.
enum class Bind {
    none,  ///< the system moves them, and the threads of a task may use all cores of the rank
    /// Each has a processor for itself, cores before hardware threads, where its rank has as many as the pool
    /// has workers there. A rank's processors are those that the launcher has bound it to, or else its share
    /// of the node's.
    automatic,
};

/// How a pool's workers are treated. The defaults set no limits.
struct PoolOptions {
    /// A callable without arguments, usually a `partial`, run once in each worker before its first task.
    Initializer initializer{};
    /// A worker is replaced after this many tasks (chunks, where a call has a chunksize); nothing: never.
    std::optional<long> maxtasksperchild{};
    /// A task that runs longer is ended with its worker, and fails with TaskTimeout; 0: no limit.
    std::chrono::nanoseconds timeout{0};
    /// Bytes of private memory beyond which a worker is ended; its task fails with WorkerLost. 0: no limit.
    std::uint64_t memory_limit = 0;
    /// How often a task that threw is tried again before its error counts.
    unsigned retries = 0;
    /// Workers that a task may take with it before it fails with WorkerLost.
    unsigned crash_limit = 2;
    /// Variables that the workers have in addition to their maker's, or instead.
    std::map<std::string, std::string> environment{};
    /// The directory that the workers begin in, seen from their maker's; empty: that one. Where it is not
    /// there, the pool's calls fail with what an initializer throws.
    std::string cwd{};
    /// Whether lines that the workers print to stdout and stderr begin with who has printed them:
    /// `[rank 1 pid 4711 task 17] `, where 17 is the input's place in its call. Lines printed by the
    /// functions and streams of C and C++, not by programs that are started.
    bool tag_output = false;
    /// Which of its rank's cores a worker runs on.
    Bind bind = Bind::none;
};

/// How the tasks of a call get to the workers.
enum class Schedule {
    dynamic,  ///< to whoever is free, in batches sized by measured task times
    fixed,    ///< equal blocks by an MPI scatter, results by gathers
};

/// How one call is carried out.
struct MapOptions {
    /// Tasks that are handed out together; 0: as suits their measured times.
    std::size_t chunksize = 0;
    Schedule schedule = Schedule::dynamic;
    /// Inputs that imap may have in flight or waiting to be taken; 0: as many as 64 MiB hold, at most 10 000,
    /// or a chunk for each worker.
    std::size_t window = 0;
    /// Tasks of calls with a higher one begin before all others that have not begun; those of equal ones as
    /// their calls were made.
    int priority = 0;
    /// Called once with the whole result, in the process that made the call, before ready() becomes true.
    Callback callback{};
    /// Called once with the error instead, if there is one.
    ErrorCallback error_callback{};
    /// What the inputs are, in the plural: how far they are is then shown on stderr, as a bar where that is a
    /// terminal, else as a line now and then and at the end. `13/990 pairs  1 %  40 /s  0:24 left`.
    std::string progress{};
};

/// How one call of apply_async is carried out.
struct ApplyOptions {
    /// Called once with the result, in the process that made the call, before ready() becomes true.
    Callback callback{};
    /// Called once with the error instead, if there is one; a CancelledError where the call is cancelled.
    ErrorCallback error_callback{};
    /// As in MapOptions.
    int priority = 0;
};

/// What `cancel` does with a call that has begun.
enum class Kill {
    no,   ///< lets it go on
    yes,  ///< ends its workers, which are replaced
};

}  // namespace rankpool
