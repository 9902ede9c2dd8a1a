// SPDX-License-Identifier: MIT
// One test per behaviour that CPython's Lib/test/_test_multiprocessing.py asserts of Lock, RLock and
// Semaphore, named as there.
#include "tests/conformance/support.hpp"

#include <gtest/gtest.h>

#include <mutex>

namespace rankpool {
namespace {

using namespace support;

TEST(ConformanceLock, test_lock) {
    auto const lock = context().lock();
    EXPECT_TRUE(lock.acquire());
    EXPECT_TRUE(lock.locked());
    EXPECT_FALSE(lock.try_acquire());
    EXPECT_FALSE(lock.acquire(0s));
    lock.release();
    EXPECT_FALSE(lock.locked());
    EXPECT_THROW(lock.release(), UsageError);
    EXPECT_FALSE(lock.locked());
}

TEST(ConformanceLock, test_rlock) {
    auto const lock = context().rlock();
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(lock.acquire());
        EXPECT_TRUE(lock.locked());
    }
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(lock.locked());
        lock.release();
    }
    EXPECT_FALSE(lock.locked());
    EXPECT_THROW(lock.release(), UsageError);
}

template <class L>
void hold_until_told(L lock, Event held, Event told, Value<int> is_locked) {
    std::lock_guard const guard{lock};
    is_locked.set(lock.locked() ? 1 : 0);
    held.set();
    told.wait();
}

template <class L>
void expect_locked_in_both(L lock) {
    auto const held = context().event();
    auto const told = context().event();
    auto const is_locked = context().value<int>();
    EXPECT_FALSE(lock.locked());
    auto child = start_far<hold_until_told<L>>(lock, held, told, is_locked);
    held.wait();
    EXPECT_TRUE(lock.locked());
    EXPECT_FALSE(lock.try_acquire());
    EXPECT_EQ(is_locked.get(), 1);
    told.set();
    EXPECT_EQ(code_of(child), 0);
    EXPECT_FALSE(lock.locked());
    EXPECT_FALSE(lock.owner_died());
}

TEST(ConformanceLock, test_lock_locked_2processes) {
    expect_locked_in_both(context().lock());
}
TEST(ConformanceLock, test_rlock_locked_2processes) {
    expect_locked_in_both(context().rlock());
}

TEST(ConformanceLock, test_lock_context) {
    auto lock = context().lock();
    {
        std::lock_guard const guard{lock};
        EXPECT_TRUE(lock.locked());
    }
    EXPECT_FALSE(lock.locked());
}

TEST(ConformanceLock, test_rlock_context) {
    auto lock = context().rlock();
    {
        std::lock_guard const outer{lock};
        {
            std::lock_guard const inner{lock};
            EXPECT_TRUE(lock.locked());
        }
        EXPECT_TRUE(lock.locked());
    }
    EXPECT_FALSE(lock.locked());
}

void add_by_hand(Lock lock, RawValue<long> sum, int times) {
    for (int i = 0; i < times; ++i) {
        std::lock_guard const guard{lock};
        sum.set(sum.get() + 1);
    }
}

// Dragon's test_lock_contention and mpi4py's testExclusion.
TEST(ConformanceLock, test_lock_contention) {
    auto const lock = context().lock();
    auto const sum = context().raw_value<long>(0);
    auto all = start_all<add_by_hand>(4, lock, sum, 50);
    expect_success(all);
    EXPECT_EQ(sum.get(), 200);
}

void release_anothers(RLock lock, Queue<std::string> said) {
    try {
        lock.release();
        said.put("released");
    } catch (UsageError const& error) {
        said.put(error.what());
    }
}

// Dragon's test_rlock_ownership.
TEST(ConformanceLock, test_rlock_ownership) {
    auto const lock = context().rlock();
    auto said = context().queue<std::string>();
    lock.acquire();
    auto child = start_far<release_anothers>(lock, said);
    EXPECT_NE(said.get(), "released");
    EXPECT_EQ(code_of(child), 0);
    EXPECT_TRUE(lock.locked());
    lock.release();
}

void take_two_units(Semaphore const& semaphore) {
    EXPECT_EQ(semaphore.value(), 2);
    EXPECT_TRUE(semaphore.acquire());
    EXPECT_EQ(semaphore.value(), 1);
    EXPECT_TRUE(semaphore.acquire());
    EXPECT_EQ(semaphore.value(), 0);
    EXPECT_FALSE(semaphore.try_acquire());
    EXPECT_EQ(semaphore.value(), 0);
    semaphore.release();
    EXPECT_EQ(semaphore.value(), 1);
    semaphore.release();
    EXPECT_EQ(semaphore.value(), 2);
}

TEST(ConformanceSemaphore, test_semaphore) {
    auto const semaphore = context().semaphore(2);
    take_two_units(semaphore);
    semaphore.release();
    EXPECT_EQ(semaphore.value(), 3);
    semaphore.release();
    EXPECT_EQ(semaphore.value(), 4);
}

TEST(ConformanceSemaphore, test_bounded_semaphore) {
    auto const semaphore = context().bounded_semaphore(2);
    take_two_units(semaphore);
    EXPECT_THROW(semaphore.release(), UsageError);
    EXPECT_EQ(semaphore.value(), 2);
}

TEST(ConformanceSemaphore, test_timeout) {
    auto const semaphore = context().semaphore(0);
    EXPECT_FALSE(semaphore.try_acquire());
    EXPECT_FALSE(semaphore.acquire(0s));
    EXPECT_FALSE(semaphore.acquire(-1s));
    for (auto const timeout : {100ms, 200ms}) {
        EXPECT_GE(time_of([&] { EXPECT_FALSE(semaphore.acquire(timeout)); }), timeout);
    }
    EXPECT_EQ(semaphore.value(), 0);
}

template <class S>
void give_and_take(S semaphore, S back) {
    std::lock_guard const guard{semaphore};
    back.release();
}

// mpi4py's testWith, Dragon's test_serialization.
TEST(ConformanceSemaphore, test_a_semaphore_travels_and_is_a_guards) {
    auto const semaphore = context().semaphore(2);
    auto const back = context().semaphore(0);
    auto all = start_all<give_and_take<Semaphore>>(4, semaphore, back);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(back.acquire());
    expect_success(all);
    EXPECT_EQ(semaphore.value(), 2);
    EXPECT_EQ(back.value(), 0);
}

}  // namespace
}  // namespace rankpool
