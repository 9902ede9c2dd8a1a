// SPDX-License-Identifier: MIT
#include "rankpool/worker/cpu_count.hpp"

#include "rankpool/worker/worker_state.hpp"

namespace rankpool {

int cpu_count() {
    return static_cast<int>(worker::this_worker().mailbox.welcome().cores);
}

}  // namespace rankpool
