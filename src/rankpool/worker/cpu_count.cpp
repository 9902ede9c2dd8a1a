// SPDX-License-Identifier: MIT
#include "rankpool/worker/cpu_count.hpp"

#include "rankpool/worker/here.hpp"

namespace rankpool {

int cpu_count() {
    return static_cast<int>(worker::here().post.welcome().cores);
}

}  // namespace rankpool
