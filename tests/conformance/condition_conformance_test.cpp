// SPDX-License-Identifier: MIT
// One test per behaviour that CPython's Lib/test/_test_multiprocessing.py asserts of Condition and Event,
// named as there.
#include "tests/conformance/support.hpp"

#include <gtest/gtest.h>

#include <mutex>

namespace rankpool {
namespace {

using namespace support;

void sleep_under(Condition condition, Semaphore sleeping, Semaphore woken,
                 std::chrono::milliseconds timeout) {
    std::lock_guard const guard{condition};
    sleeping.release();
    if (timeout > 0ms) {
        condition.wait(timeout);
    } else {
        condition.wait();
    }
    woken.release();
}

/// Processes that wait for a condition, and how many of them have been woken.
class ConformanceCondition : public testing::Test {
  protected:
    void start_sleepers(int many, std::chrono::milliseconds timeout = 0ms) {
        all_ = start_all<sleep_under>(many, condition_, sleeping_, woken_, timeout);
        for (int i = 0; i < many; ++i) sleeping_.acquire();
        // The last to say so lets go of the lock by waiting.
        std::lock_guard const guard{condition_};
    }
    void notify(long n) {
        std::lock_guard const guard{condition_};
        condition_.notify(n);
    }
    void expect_woken(int many) {
        for (int i = 0; i < many; ++i) EXPECT_TRUE(woken_.acquire(60s));
        EXPECT_FALSE(woken_.acquire(20ms));
    }
    void TearDown() override { expect_success(all_); }

    Condition condition_ = context().condition();
    Semaphore sleeping_ = context().semaphore(0);
    Semaphore woken_ = context().semaphore(0);
    std::vector<Process> all_;
};

TEST_F(ConformanceCondition, test_notify) {
    start_sleepers(2);
    expect_woken(0);
    notify(1);
    expect_woken(1);
    notify(1);
    expect_woken(1);
}

TEST_F(ConformanceCondition, test_notify_all) {
    start_sleepers(4, 50ms);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(woken_.acquire(60s));
    expect_success(all_);
    start_sleepers(6);
    expect_woken(0);
    {
        std::lock_guard const guard{condition_};
        condition_.notify_all();
    }
    expect_woken(6);
}

TEST_F(ConformanceCondition, test_notify_n) {
    start_sleepers(6);
    expect_woken(0);
    notify(2);
    expect_woken(2);
    notify(4);
    expect_woken(4);
    // Nobody is left, and nothing is kept for who comes later.
    notify(3);
    expect_woken(0);
    std::lock_guard const guard{condition_};
    EXPECT_FALSE(condition_.wait(20ms));
}

TEST(ConformanceConditionAlone, test_timeout) {
    auto condition = context().condition();
    std::lock_guard const guard{condition};
    EXPECT_GE(time_of([&] { EXPECT_FALSE(condition.wait(100ms)); }), 100ms);
    EXPECT_FALSE(condition.wait(0s));
}

void wait_for_four(Condition condition, Value<int> state) {
    std::lock_guard const guard{condition};
    state.set(0);
    condition.notify();
    bool const is_four = condition.wait_for([&] { return state.get() == 4; });
    if (!is_four || state.get() != 4) rankpool::exit(1);
}

TEST(ConformanceConditionAlone, test_waitfor) {
    auto condition = context().condition();
    auto const state = context().value<int>(-1);
    auto child = start_far<wait_for_four>(condition, state);
    {
        std::lock_guard const guard{condition};
        EXPECT_TRUE(condition.wait_for([&] { return state.get() == 0; }));
        EXPECT_EQ(state.get(), 0);
    }
    for (int i = 0; i < 4; ++i) {
        std::lock_guard const guard{condition};
        state.fetch_add(1);
        condition.notify();
    }
    EXPECT_EQ(code_of(child), 0);
}

void wait_for_four_in_vain(Condition condition, Value<int> state, Semaphore ready) {
    std::lock_guard const guard{condition};
    ready.release();
    std::optional<bool> result;
    auto const took = time_of([&] { result = condition.wait_for([&] { return state.get() == 4; }, 100ms); });
    if (result != false || took < 100ms) rankpool::exit(1);
}

TEST(ConformanceConditionAlone, test_waitfor_timeout) {
    auto condition = context().condition();
    auto const state = context().value<int>(0);
    auto const ready = context().semaphore(0);
    auto child = start_far<wait_for_four_in_vain>(condition, state, ready);
    EXPECT_TRUE(ready.acquire());
    // Three of four.
    for (int i = 0; i < 3; ++i) {
        std::lock_guard const guard{condition};
        state.fetch_add(1);
        condition.notify();
    }
    EXPECT_EQ(code_of(child), 0);
}

void notify_one(Condition condition) {
    std::lock_guard const guard{condition};
    condition.notify();
}

TEST(ConformanceConditionAlone, test_wait_result) {
    auto condition = context().condition();
    std::lock_guard const guard{condition};
    EXPECT_FALSE(condition.wait(0s));
    EXPECT_FALSE(condition.wait(100ms));
    auto child = start_far<notify_one>(condition);
    EXPECT_TRUE(condition.wait(60s));
    EXPECT_EQ(code_of(child), 0);
}

// Python's Condition(lock).
TEST(ConformanceConditionAlone, test_with_a_lock_of_ones_own) {
    auto const lock = context().lock();
    auto const condition = context().condition(lock);
    EXPECT_TRUE(condition.acquire());
    EXPECT_TRUE(lock.locked());
    EXPECT_FALSE(condition.wait(1ms));
    EXPECT_TRUE(lock.locked());
    lock.release();
    EXPECT_THROW(condition.notify(), UsageError);
    auto const again = context().rlock();
    auto const other = context().condition(again);
    again.acquire();
    other.acquire();
    EXPECT_FALSE(other.wait(1ms));
    again.release();
    EXPECT_TRUE(again.locked());
    again.release();
    EXPECT_FALSE(again.locked());
}

void set_when_told(Event event, Event told) {
    told.wait();
    event.set();
}

TEST(ConformanceEvent, test_event) {
    auto const event = context().event();
    EXPECT_FALSE(event.is_set());
    EXPECT_FALSE(event.wait(0s));
    EXPECT_FALSE(event.wait(-1s));
    EXPECT_GE(time_of([&] { EXPECT_FALSE(event.wait(100ms)); }), 100ms);
    event.set();
    event.set();
    EXPECT_TRUE(event.is_set());
    EXPECT_TRUE(event.wait());
    EXPECT_TRUE(event.wait(0s));
    EXPECT_TRUE(event.wait(60s));
    event.clear();
    event.clear();
    EXPECT_FALSE(event.is_set());
    auto const told = context().event();
    auto child = start_far<set_when_told>(event, told);
    EXPECT_FALSE(event.wait(20ms));
    told.set();
    EXPECT_TRUE(event.wait());
    EXPECT_TRUE(event.is_set());
    EXPECT_EQ(code_of(child), 0);
}

void wait_and_count(Event event, Semaphore ready, Value<int> woken) {
    ready.release();
    if (event.wait()) woken.fetch_add(1);
}

// Dragon's test_process_multiple_wait_set.
TEST(ConformanceEvent, test_process_multiple_wait_set) {
    auto const event = context().event();
    auto const ready = context().semaphore(0);
    auto const woken = context().value<int>(0);
    auto all = start_all<wait_and_count>(5, event, ready, woken);
    for (int i = 0; i < 5; ++i) ready.acquire();
    EXPECT_EQ(woken.get(), 0);
    event.set();
    expect_success(all);
    EXPECT_EQ(woken.get(), 5);
}

}  // namespace
}  // namespace rankpool
