// SPDX-License-Identifier: MIT
#include "rankpool/run/workers_per_rank.hpp"

#include "rankpool/core/error.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace rankpool {
namespace {

unsigned cores_of_this_rank(int ranks_on_node) {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    ::sched_getaffinity(0, sizeof mine, &mine);
    int const cores = CPU_COUNT(&mine);
    // A rank that is bound has its cores for itself; one that is not shares all with its neighbours.
    bool const is_bound = cores < static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    return static_cast<unsigned>(std::max(1, is_bound ? cores : cores / ranks_on_node));
}

}  // namespace

unsigned workers_per_rank(int ranks_on_node) {
    char const* const setting = std::getenv("RANKPOOL_WORKERS_PER_RANK");
    if (!setting) return 1;
    std::string_view const text{setting};
    if (text == "auto") return cores_of_this_rank(ranks_on_node);
    unsigned number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0) {
        throw UsageError("cannot use RANKPOOL_WORKERS_PER_RANK=" + std::string{text} +
                         " (it must be a number from 1 on, or auto)");
    }
    return number;
}

}  // namespace rankpool
