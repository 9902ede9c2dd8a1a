// SPDX-License-Identifier: MIT
// What a process knows of the one that made it, and of the cores of the job.
#include "tests/channel/support.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>

#include <set>
#include <string>
#include <tuple>

namespace rankpool {
namespace {

using namespace support;

/// Name, pid and rank, and whether it lives.
using Known = std::tuple<std::string, int, int, bool>;

Known known_parent() {
    auto const parent = parent_process().value();
    return {parent.name(), parent.pid(), parent.rank(), parent.is_alive()};
}
Known self() {
    return {current_process().name(), current_process().pid(), current_process().rank(), true};
}
void say_parent(Queue<Known> out) {
    out.put(known_parent());
}

TEST(ParentProcessTest, the_main_worker_has_none) {
    EXPECT_FALSE(parent_process());
    EXPECT_THROW((void)ParentProcess{}.name(), UsageError);
}

TEST(ParentProcessTest, a_process_knows_who_started_it) {
    auto out = context().queue<Known>();
    auto child = start_far<say_parent>(out);
    EXPECT_EQ(out.get(10s), self());
    EXPECT_EQ(code_of(child), 0);
}

void start_one_more(Queue<Known> out) {
    auto child = context().process<say_parent>(out);
    child.start();
    child.join();
    out.put(self());
    auto pool = context().pool(1);
    out.put(pool.apply<known_parent>());
}

TEST(ParentProcessTest, of_a_process_and_a_pool_in_a_process_it_is_that) {
    auto out = context().queue<Known>();
    auto child = context().process<start_one_more>({.name = "middle", .rank = last_rank()}, out);
    child.start();
    auto const seen = out.get(10s);
    EXPECT_EQ(seen, out.get(10s));
    EXPECT_EQ(seen, out.get(10s));
    EXPECT_EQ(std::get<0>(seen), "middle");
    EXPECT_EQ(std::get<2>(seen), last_rank());
    EXPECT_EQ(code_of(child), 0);
}

TEST(ParentProcessTest, a_task_knows_who_made_the_pool) {
    auto pool = context().pool(2L * context().size());
    for (auto const& seen :
         pool.map<[](int /*ignored*/) { return known_parent(); }>(std::vector{1, 2, 3, 4})) {
        EXPECT_EQ(seen, self());
    }
}

void wait_a_moment() {
    std::this_thread::sleep_for(10ms);
}

/// Tells the name of its parent for as long as that lives.
void outlive(Queue<Known> out, bool has_children) {
    if (has_children) {
        auto child = context().process<wait_a_moment>();
        child.start();
        child.join();
    }
    out.put(known_parent());
    while (parent_process()->is_alive()) std::this_thread::sleep_for(5ms);
    out.put(known_parent());
}
void start_and_be_killed(Queue<Known> out, bool has_children) {
    auto child = context().process<outlive>({.rank = 0}, out, has_children);
    child.start();
    for (;;) ::pause();
}

TEST(ParentProcessTest, its_end_is_told) {
    for (bool const has_children : {false, true}) {
        auto out = context().queue<Known>();
        auto parent = start_far<start_and_be_killed>(out, has_children);
        auto const before = out.get(10s);
        EXPECT_TRUE(std::get<3>(before));
        EXPECT_EQ(std::get<1>(before), parent.pid());
        parent.kill();
        auto const after = out.get(10s);
        EXPECT_FALSE(std::get<3>(after));
        EXPECT_EQ(std::get<0>(after), std::get<0>(before));
        parent.join();
    }
}

int cores_here() {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    ::sched_getaffinity(0, sizeof mine, &mine);
    return CPU_COUNT(&mine);
}

void tell_host(Queue<std::string> hosts) {
    hosts.put(current_process().host());
}

TEST(CpuCountTest, cores_that_ranks_share_count_once) {
    auto hosts = context().queue<std::string>();
    std::set<std::string> nodes;
    for (int rank = 0; rank < context().size(); ++rank) {
        auto process = context().process<tell_host>(ProcessOptions{.rank = rank}, hosts);
        process.start();
        nodes.insert(hosts.get(10s));
        process.join();
    }
    // On one node the ranks of a test are not bound; what others have is their launcher's business.
    if (nodes.size() == 1) {
        EXPECT_EQ(cpu_count(), cores_here());
    } else {
        EXPECT_GE(cpu_count(), static_cast<int>(nodes.size()));
    }
    auto pool = context().pool();
    EXPECT_EQ(pool.apply<cpu_count>(), cpu_count());
}

}  // namespace
}  // namespace rankpool
