// SPDX-License-Identifier: MIT
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;

void wait_and_say(Condition condition, int depth, Queue<int> said) {
    for (int i = 0; i < depth; ++i) condition.acquire();
    said.put(0);
    bool const notified = condition.wait();
    said.put(notified ? 1 : 2);
    for (int i = 0; i < depth; ++i) condition.release();
}

std::vector<Process> waiters(Condition const& condition, int depth, Queue<int>& said, int many) {
    std::vector<Process> all;
    for (int i = 0; i < many; ++i) {
        all.push_back(start_far<wait_and_say>(condition, depth, said));
        EXPECT_EQ(said.get(10s), 0);
        // Has the lock only when the other waits.
        condition.acquire();
        condition.release();
    }
    return all;
}

TEST(ConditionTest, needs_its_lock) {
    auto const condition = context().condition();
    EXPECT_THROW(condition.wait(), UsageError);
    EXPECT_THROW(condition.wait(1ms), UsageError);
    EXPECT_THROW(condition.notify(), UsageError);
    EXPECT_THROW(condition.notify_all(), UsageError);
    EXPECT_THROW(condition.release(), UsageError);
    condition.acquire();
    EXPECT_FALSE(condition.wait(10ms));
    condition.notify(0);
    EXPECT_THROW(condition.notify(-1), UsageError);
    condition.release();
}

TEST(ConditionTest, notifies_so_many) {
    auto const condition = context().condition();
    auto said = context().queue<int>();
    auto all = waiters(condition, 2, said, 4);
    condition.acquire();
    condition.notify(2);
    condition.release();
    EXPECT_EQ(said.get(10s), 1);
    EXPECT_EQ(said.get(10s), 1);
    until_waiting("condition", 2);
    EXPECT_EQ(said.qsize(), 0U);
    condition.acquire();
    condition.notify_all();
    condition.release();
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
    EXPECT_EQ(said.qsize(), 2U);
}

TEST(ConditionTest, what_a_killed_waiter_has_not_taken_goes_to_another) {
    auto const lock = context().lock();
    auto const condition = context().condition(lock);
    auto said = context().queue<int>();
    auto all = waiters(condition, 1, said, 2);
    lock.acquire();
    condition.notify();
    until_waiting("lock", 1);
    all[0].kill();
    all[0].join();
    lock.release();
    EXPECT_EQ(said.get(10s), 1);
    EXPECT_EQ(code_of(all[1]), 0);
}

void set_later(Condition condition, RawValue<int> value) {
    for (int i = 1; i <= 3; ++i) {
        // Has the lock only when the other waits.
        condition.acquire();
        value.set(i);
        condition.notify_all();
        condition.release();
    }
}

TEST(ConditionTest, wait_for_gives_what_the_predicate_gave_last) {
    auto const condition = context().condition();
    auto const value = context().raw_value<int>();
    condition.acquire();
    EXPECT_EQ(condition.wait_for([&] { return value.get() * 5; }, 10ms), 0);
    auto other = start_far<set_later>(condition, value);
    EXPECT_TRUE(condition.wait_for([&] { return value.get() == 3; }));
    EXPECT_EQ(condition.wait_for([&] { return value.get() * 5; }, 10ms), 15);
    condition.release();
    EXPECT_EQ(code_of(other), 0);
}

}  // namespace
}  // namespace rankpool
