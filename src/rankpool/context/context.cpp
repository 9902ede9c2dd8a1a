// SPDX-License-Identifier: MIT
#include "rankpool/context/context.hpp"

#include "rankpool/worker/here.hpp"

namespace rankpool {

int Context::size() const {
    return worker::here().post.welcome().ranks;
}

int Context::workers() const {
    return static_cast<int>(worker::here().post.welcome().workers);
}

Context& context() {
    static Context the_context;
    (void)worker::here();
    return the_context;
}

}  // namespace rankpool
