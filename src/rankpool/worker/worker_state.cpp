// SPDX-License-Identifier: MIT
#include "rankpool/worker/worker_state.hpp"

#include "rankpool/worker/own_thread.hpp"

namespace rankpool::worker {
namespace {

WorkerState* of_this_process = nullptr;

}  // namespace

WorkerState& this_worker() {
    if (!of_this_process) {
        throw UsageError(
            "this process is no worker of rankpool (only what rankpool::run calls is). "
            "Move the call into the function given to rankpool::run?");
    }
    require_own_thread("rankpool");
    return *of_this_process;
}

bool is_worker() {
    return of_this_process != nullptr;
}

void set_this_worker(WorkerState* state) {
    of_this_process = state;
    claim_own_thread();
}

}  // namespace rankpool::worker
