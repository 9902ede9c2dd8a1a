// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/progress.hpp"
#include "rankpool/worker/blobs.hpp"
#include "rankpool/worker/surroundings.hpp"

#include <functional>
#include <optional>
#include <string>

namespace rankpool::worker {

enum class Role { main, pool_member, process };

/// Who has made this process.
struct Parent {
    Maker maker;
    Rank rank;
    bool is_gone = false;  ///< as far as this process has been told
};

/// What this worker process is and has; there is one per process.
struct WorkerState {
    Mailbox& mailbox;
    Blobs& blobs;
    Role role;
    std::string name;
    bool is_daemon = false;                 ///< of a Process: it is killed when its parent ends
    std::function<void()> at_end{};         ///< what is left to do when its function is done, if anything
    std::optional<std::uint32_t> member{};  ///< which of its pool's workers it is, from 0
    std::optional<Parent> parent{};         ///< none of the main worker
    ProgressStyle progress = ProgressStyle::plain;
    bool does_own_tasks = false;  ///< it runs the tasks of its pools itself, RANKPOOL_WORKERS_PER_RANK=0
};

/// This process's own. Throws UsageError in a process that is no worker, such as one that has not called run.
WorkerState& this_worker();
/// True in a worker process.
bool is_worker();
void set_this_worker(WorkerState* state);

}  // namespace rankpool::worker
