// SPDX-License-Identifier: MIT
#include "rankpool/worker/exit.hpp"

#include "rankpool/worker/worker_state.hpp"

namespace rankpool {

void exit(int code) {
    if (worker::this_worker().role == worker::Role::pool_member) {
        throw UsageError(
            "cannot exit from a task of a pool (its worker has more to do). Return, or throw an error?");
    }
    throw worker::ExitRequest{code};
}

}  // namespace rankpool
