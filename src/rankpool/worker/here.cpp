// SPDX-License-Identifier: MIT
#include "rankpool/worker/here.hpp"

#include "rankpool/worker/own_thread.hpp"

namespace rankpool::worker {
namespace {

Here* of_this_process = nullptr;

}  // namespace

Here& here() {
    if (!of_this_process) {
        throw UsageError(
            "this process is no worker of rankpool (only what rankpool::run calls is). "
            "Move the call into the function given to rankpool::run?");
    }
    require_own_thread("rankpool");
    return *of_this_process;
}

bool is_here() {
    return of_this_process != nullptr;
}

void set_here(Here* here) {
    of_this_process = here;
    claim_own_thread();
}

}  // namespace rankpool::worker
