// SPDX-License-Identifier: MIT
#include "rankpool/run/cores_of_this_rank.hpp"

#include "rankpool/core/cgroup.hpp"
#include "rankpool/core/usable_cores.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace rankpool {

unsigned cores_of_this_rank(int ranks_on_node) {
    int const cores = static_cast<int>(usable_cores().size());
    // A rank that is bound has its cores for itself; one that is not shares all with its neighbours.
    bool const is_bound = cores < static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    int share = is_bound ? cores : cores / ranks_on_node;
    // A container may see more cores than it has time of.
    if (auto const quota = cpu_quota())
        share = std::min(share, static_cast<int>(std::ceil(*quota)) / ranks_on_node);
    return static_cast<unsigned>(std::max(1, share));
}

}  // namespace rankpool
