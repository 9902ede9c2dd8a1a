// SPDX-License-Identifier: MIT
#include "rankpool/run/cores_of_this_rank.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>

namespace rankpool {

unsigned cores_of_this_rank(int ranks_on_node) {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    ::sched_getaffinity(0, sizeof mine, &mine);
    int const cores = CPU_COUNT(&mine);
    // A rank that is bound has its cores for itself; one that is not shares all with its neighbours.
    bool const is_bound = cores < static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    return static_cast<unsigned>(std::max(1, is_bound ? cores : cores / ranks_on_node));
}

}  // namespace rankpool
