// SPDX-License-Identifier: MIT
#include "rankpool/core/usable_cores.hpp"
#include "rankpool/supervisor/processors.hpp"

#include "tests/pool/support.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <set>

namespace rankpool {
namespace {

using namespace support;

/// Where this process may run.
std::vector<int> processors_here(long /*any*/ = 0) {
    return usable_cores();
}

long kill_yourself() {
    return ::raise(SIGKILL);
}

/// Of each worker of the pool.
std::vector<std::vector<int>> processors_of(Pool& pool) {
    std::vector<long> const each(pool.size());
    return pool.map<processors_here>(each, {.schedule = Schedule::fixed});
}

bool has_cores_for(int ranks) {
    return !supervisor::processors_of_rank(0, ranks).empty();
}

TEST(PoolBind, each_worker_has_a_processor_where_there_are_enough) {
    Context& here = context();
    auto pool = here.pool(here.size(), {.bind = Bind::automatic});
    auto const all = processors_of(pool);
    std::set<std::vector<int>> const different{all.begin(), all.end()};
    if (has_cores_for(here.size())) {
        for (auto const& processors : all) EXPECT_EQ(processors.size(), 1U);
        EXPECT_EQ(different.size(), all.size());
    } else {
        EXPECT_EQ(different, std::set{processors_here()});
    }
}

TEST(PoolBind, nobody_is_bound_without_it_nor_where_workers_are_more) {
    Context& here = context();
    auto free = here.pool(here.size());
    for (auto const& processors : processors_of(free)) EXPECT_EQ(processors, processors_here());
    long const many = here.size() * static_cast<long>(processors_here().size() + 1);
    auto crowd = here.pool(many, {.bind = Bind::automatic});
    for (auto const& processors : processors_of(crowd)) EXPECT_EQ(processors, processors_here());
}

TEST(PoolBind, two_pools_have_different_ones_and_a_successor_has_one_again) {
    Context& here = context();
    if (here.size() > 1 || processors_here().size() < 2) GTEST_SKIP() << "needs two processors of one rank";
    auto one = here.pool(1, {.crash_limit = 1, .bind = Bind::automatic});
    auto other = here.pool(1, {.bind = Bind::automatic});
    auto const first = one.apply<processors_here>(0L);
    auto const second = other.apply<processors_here>(0L);
    EXPECT_EQ(first.size(), 1U);
    EXPECT_EQ(second.size(), 1U);
    EXPECT_NE(first, second);
    EXPECT_THROW(one.apply<kill_yourself>(), WorkerLost);
    EXPECT_EQ(one.apply<processors_here>(0L).size(), 1U);
    auto third = here.pool(1, {.bind = Bind::automatic});
    if (processors_here().size() == 2) {
        EXPECT_EQ(third.apply<processors_here>(0L), processors_here());
    }
}

}  // namespace
}  // namespace rankpool
