// SPDX-License-Identifier: MIT
#include "rankpool/context/context.hpp"

#include "rankpool/worker/worker_state.hpp"

namespace rankpool {

int Context::size() const {
    return worker::this_worker().mailbox.welcome().ranks;
}

int Context::workers() const {
    return static_cast<int>(worker::this_worker().mailbox.welcome().workers);
}

Context& context() {
    static Context the_context;
    (void)worker::this_worker();
    return the_context;
}

}  // namespace rankpool
