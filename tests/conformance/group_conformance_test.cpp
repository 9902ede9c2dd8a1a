// SPDX-License-Identifier: MIT
// One test per behaviour that the tests of Dragon's process groups and of loky's ends assert, named as there.
#include "tests/conformance/support.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace rankpool {
namespace {

using namespace support;
using Codes = std::vector<std::optional<int>>;

void come_and_wait(Semaphore come) {
    come.release();
    wait_for_the_end();
}
void come_and_end(Semaphore come, int code) {
    come.release();
    rankpool::exit(code);
}

ProcessGroup started(ProcessGroup group, Semaphore const& come) {
    group.start();
    for (std::size_t i = 0; i < group.size(); ++i) come.acquire();
    return group;
}

TEST(ConformanceGroup, test_multiple_groups) {
    auto const come = context().semaphore(0);
    auto one = started(context().processes<come_and_wait>(3, come), come);
    auto two = started(context().processes<come_and_wait>(2, come), come);
    auto three = started(context().processes<come_and_end>(2, come, 0), come);
    three.join();
    EXPECT_EQ(three.exitcodes(), (Codes{0, 0}));
    one.terminate();
    one.join();
    EXPECT_EQ(one.exitcodes(), Codes(3, -SIGTERM));
    EXPECT_EQ(two.exitcodes(), Codes(2));
    two.kill();
    two.join();
    EXPECT_EQ(two.exitcodes(), Codes(2, -SIGKILL));
}

TEST(ConformanceGroup, test_kill_from_maintain) {
    auto const come = context().semaphore(0);
    auto group =
        started(context().processes<come_and_wait>(3, ProcessGroupOptions{.restarts = 5}, come), come);
    group.kill();
    EXPECT_TRUE(group.join(60s));
    EXPECT_EQ(group.exitcodes(), Codes(3, -SIGKILL));
    EXPECT_EQ(come.value(), 0);
}

TEST(ConformanceGroup, test_shutdown_from_join) {
    auto const come = context().semaphore(0);
    auto group = started(context().processes<come_and_wait>(3, come), come);
    EXPECT_FALSE(group.join(20ms));
    group.terminate();
    EXPECT_TRUE(group.join(60s));
    EXPECT_EQ(group.exitcodes(), Codes(3, -SIGTERM));
}

TEST(ConformanceGroup, test_maintain_stress) {
    auto const come = context().semaphore(0);
    auto group = context().processes<come_and_end>(8, ProcessGroupOptions{.restarts = 4}, come, 3);
    group.start();
    group.join();
    EXPECT_EQ(group.exitcodes(), Codes(8, 3));
    EXPECT_EQ(come.value(), 8 * 5);
}

TEST(ConformanceGroup, test_maintain_clean_exit_with_restarts) {
    auto const come = context().semaphore(0);
    auto group = context().processes<come_and_end>(4, ProcessGroupOptions{.restarts = 4}, come, 0);
    group.start();
    group.join();
    EXPECT_EQ(group.exitcodes(), Codes(4, 0));
    EXPECT_EQ(come.value(), 4);
}

long say_pid_and_wait(Queue<pid_t> pids) {
    pids.put(::getpid());
    wait_for_the_end();
}
void own_a_pool(Queue<pid_t> pids) {
    auto pool = context().pool(2);
    auto const one = pool.apply_async<say_pid_and_wait>(pids);
    auto const two = pool.apply_async<say_pid_and_wait>(pids);
    two.wait();
}

// loky's test_shutdown_and_kill_workers.
TEST(ConformanceGroup, test_a_killed_owners_workers_end) {
    auto pids = context().queue<pid_t>();
    auto owner = start_far<own_a_pool>(pids);
    auto const one = pids.get();
    auto const two = pids.get();
    EXPECT_TRUE(exists(one) && exists(two));
    owner.kill();
    owner.join();
    for (int i = 0; i < 30'000 && (exists(one) || exists(two)); ++i) std::this_thread::sleep_for(1ms);
    EXPECT_FALSE(exists(one) || exists(two));
}

void read_input(Queue<long> read) {
    char letter = 0;
    read.put(::read(0, &letter, 1));
}

// loky's test_no_crash_on_stdin_access_in_child_subprocess_run.
TEST(ConformanceGroup, test_input_of_a_process_is_empty) {
    auto read = context().queue<long>();
    auto process = start_far<read_input>(read);
    EXPECT_EQ(read.get(), 0);
    EXPECT_EQ(code_of(process), 0);
}

}  // namespace
}  // namespace rankpool
