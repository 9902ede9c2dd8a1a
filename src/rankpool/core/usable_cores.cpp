// SPDX-License-Identifier: MIT
#include "rankpool/core/usable_cores.hpp"

#include <sched.h>

namespace rankpool {

std::vector<int> usable_cores(int process) {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    ::sched_getaffinity(process, sizeof mine, &mine);
    std::vector<int> cores;
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &mine)) cores.push_back(static_cast<int>(core));
    }
    return cores;
}

}  // namespace rankpool
