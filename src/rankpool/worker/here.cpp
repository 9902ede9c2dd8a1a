// SPDX-License-Identifier: MIT
#include "rankpool/worker/here.hpp"

#include "rankpool/worker/own_thread.hpp"

namespace rankpool::worker {
namespace {

Here* the_one = nullptr;

}  // namespace

Here& here() {
    if (!the_one) {
        throw UsageError(
            "this process is no worker of rankpool (only what rankpool::run calls is). "
            "Move the call into the function given to rankpool::run?");
    }
    require_own_thread("rankpool");
    return *the_one;
}

bool is_here() {
    return the_one != nullptr;
}

void set_here(Here* here) {
    the_one = here;
    claim_own_thread();
}

}  // namespace rankpool::worker
