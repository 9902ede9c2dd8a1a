// SPDX-License-Identifier: MIT
// Locks, and owners that end.
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>

#include <mutex>

namespace rankpool {
namespace {

using namespace support;

template <class L>
L made();
template <>
Lock made<Lock>() {
    return context().lock();
}
template <>
RLock made<RLock>() {
    return context().rlock();
}

template <class L>
class EitherLockTest : public testing::Test {};
using EitherLock = testing::Types<Lock, RLock>;
TYPED_TEST_SUITE(EitherLockTest, EitherLock);

TYPED_TEST(EitherLockTest, a_free_one_is_had_at_once) {
    auto const lock = made<TypeParam>();
    EXPECT_FALSE(lock.locked());
    EXPECT_TRUE(lock.acquire());
    EXPECT_TRUE(lock.locked());
    EXPECT_FALSE(lock.owner_died());
    EXPECT_EQ(lock.generation(), 0U);
    auto const copy = lock;
    copy.release();
    EXPECT_FALSE(lock.locked());
    EXPECT_THROW(lock.release(), UsageError);
    EXPECT_TRUE(lock.try_acquire());
    lock.release();
    EXPECT_TRUE(lock.acquire(-1s));
    lock.release();
}

TYPED_TEST(EitherLockTest, the_standards_guards_take_it) {
    auto lock = made<TypeParam>();
    auto other = made<TypeParam>();
    {
        std::lock_guard const guard{lock};
        EXPECT_TRUE(lock.locked());
    }
    {
        std::unique_lock guard{lock, std::try_to_lock};
        EXPECT_TRUE(guard.owns_lock());
        guard.unlock();
        EXPECT_TRUE(guard.try_lock_for(1ms));
    }
    {
        std::scoped_lock const guard{lock, other};
        EXPECT_TRUE(other.locked());
    }
    EXPECT_FALSE(lock.locked() || other.locked());
}

template <class L>
void count_under(L lock, std::string const& file, int times) {
    for (int i = 0; i < times; ++i) {
        std::lock_guard const guard{lock};
        count_in_file(file);
    }
}

TYPED_TEST(EitherLockTest, excludes_all_others) {
    auto const lock = made<TypeParam>();
    Tally file;
    std::vector<Process> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(
            context().process<count_under<TypeParam>>({.rank = i % context().size()}, lock, file.name(), 50));
        all.back().start();
    }
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
    EXPECT_EQ(count_of_file(file.name()), 200);
}

template <class L>
void take_and_end(L lock, int depth, int how) {
    for (int i = 0; i < depth; ++i) lock.acquire();
    if (how == 0) die();
    if (how == 1) rankpool::exit(3);
}

TYPED_TEST(EitherLockTest, an_owners_end_is_told_to_the_next) {
    auto const lock = made<TypeParam>();
    int const depth = std::is_same_v<TypeParam, RLock> ? 3 : 1;
    for (int how = 0; how < 3; ++how) {
        auto owner = start_far<take_and_end<TypeParam>>(lock, depth, how);
        owner.join();
        EXPECT_TRUE(lock.acquire(10s));
        EXPECT_TRUE(lock.owner_died());
        EXPECT_TRUE(TypeParam{lock}.owner_died());
        EXPECT_EQ(lock.generation(), static_cast<std::uint64_t>(how + 1));
        lock.release();
        EXPECT_FALSE(lock.owner_died());
        lock.acquire();
        EXPECT_FALSE(lock.owner_died());
        lock.release();
        EXPECT_THROW(lock.release(), UsageError);
    }
}

template <class L>
void hold(L lock, std::string const& tally) {
    lock.acquire();
    Tally::add(tally);
    wait_for_the_end();
}

TYPED_TEST(EitherLockTest, one_that_is_held_is_waited_for_until_the_timeout_or_the_owners_death) {
    auto const lock = made<TypeParam>();
    Tally held;
    auto owner = start_far<hold<TypeParam>>(lock, held.name());
    held.wait_for(1);
    EXPECT_FALSE(lock.try_acquire());
    EXPECT_GE(time_of([&] { EXPECT_FALSE(lock.acquire(30ms)); }), 30ms);
    // Many of them wait, and are killed before they have it.
    std::vector<Process> waiting;
    for (int i = 0; i < 3; ++i) waiting.push_back(start_far<hold<TypeParam>>(lock, held.name()));
    until_waiting(std::is_same_v<TypeParam, RLock> ? "rlock" : "lock", 3);
    for (Process& process : waiting) process.kill();
    for (Process& process : waiting) process.join();
    EXPECT_FALSE(lock.try_acquire());
    owner.kill();
    EXPECT_TRUE(lock.acquire(10s));
    EXPECT_EQ(lock.generation(), 1U);
    EXPECT_EQ(held.count(), 1);
    owner.join();
}

void take_in_turn(Lock lock, Queue<int> order, int who) {
    std::lock_guard const guard{lock};
    order.put(who);
}

TEST(LockTest, first_come_first_served) {
    auto lock = context().lock();
    auto order = context().queue<int>();
    lock.acquire();
    std::vector<Process> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(context().process<take_in_turn>({.rank = i % context().size()}, lock, order, i));
        all.back().start();
        until_waiting("lock", i + 1);
    }
    lock.release();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(order.get(10s), i);
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
}

void release_it(Lock lock) {
    lock.release();
}
bool refuses_to_release(RLock lock) {
    return thrown<UsageError>([&] { lock.release(); }).has_value();
}
void expect_refusal(RLock lock) {
    if (!refuses_to_release(lock)) rankpool::exit(1);
}

TEST(LockTest, a_lock_may_be_released_by_anybody) {
    auto const lock = context().lock();
    lock.acquire();
    auto other = start_far<release_it>(lock);
    EXPECT_EQ(code_of(other), 0);
    EXPECT_TRUE(lock.try_acquire());
}

TEST(LockTest, an_rlock_is_its_owners) {
    auto const lock = context().rlock();
    lock.acquire();
    EXPECT_TRUE(lock.acquire());
    EXPECT_TRUE(lock.try_acquire());
    auto other = start_far<expect_refusal>(lock);
    EXPECT_EQ(code_of(other), 0);
    lock.release();
    lock.release();
    EXPECT_TRUE(lock.locked());
    lock.release();
    EXPECT_FALSE(lock.locked());
}

Lock make_lock_and_keep_it(Lock other) {
    auto lock = context().lock();
    std::lock_guard const guard{other};
    lock.acquire();
    lock.release();
    return lock;
}

TEST(LockTest, travels_in_all_that_values_travel_in) {
    auto pool = context().pool();
    auto const lock = context().lock();
    auto queue = context().queue<Lock>();
    auto const made_there = pool.apply<make_lock_and_keep_it>(lock);
    pool.terminate();
    pool.join();
    queue.put(made_there);
    auto const received = queue.get();
    made_there.acquire();
    EXPECT_FALSE(received.try_acquire());
    received.release();
    Lock const none;
    EXPECT_THROW(none.acquire(), UsageError);
}

TEST(LockTest, a_thousand_are_made_and_dropped) {
    for (int i = 0; i < 1000; ++i) {
        auto const lock = context().lock();
        lock.acquire();
    }
    EXPECT_TRUE(context().lock().try_acquire());
}

void count_until_killed(Lock lock, std::string const& file, unsigned seed, Queue<int> done) {
    unsigned random = seed * 2654435761U + 1;
    for (int i = 0; i < 20; ++i) {
        random = random * 1664525U + 1013904223U;
        lock.acquire();
        if (seed != 0 && (random >> 16U) % 23 == 0) die();
        count_in_file(file);
        done.put(1);
        lock.release();
    }
}

/// The history of a lock under kills: as many were counted as say so, and each death of an owner is one more
/// generation.
TEST(LockTest, excludes_under_kills) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        auto const lock = context().lock();
        auto const done = context().queue<int>();
        Tally file;
        std::vector<Process> all;
        for (unsigned i = 0; i < 4; ++i) {
            all.push_back(context().process<count_until_killed>(
                {.rank = static_cast<int>(i) % context().size()}, lock, file.name(), seed * 4 + i, done));
            all.back().start();
        }
        std::uint64_t killed = 0;
        for (Process& process : all) killed += code_of(process) == 0 ? 0U : 1U;
        EXPECT_TRUE(lock.acquire(10s));
        EXPECT_EQ(lock.generation(), killed);
        EXPECT_EQ(count_of_file(file.name()), static_cast<long>(done.qsize()));
    }
}

void take_units(Semaphore semaphore, int units, int how) {
    for (int i = 0; i < units; ++i) semaphore.acquire();
    if (how == 0) die();
    if (how == 1) rankpool::exit(1);
}

TEST(SemaphoreTest, counts) {
    auto const semaphore = context().semaphore(2);
    EXPECT_EQ(semaphore.value(), 2);
    EXPECT_TRUE(semaphore.acquire());
    EXPECT_TRUE(semaphore.try_acquire());
    EXPECT_FALSE(semaphore.try_acquire());
    EXPECT_FALSE(semaphore.acquire(10ms));
    semaphore.release(5);
    EXPECT_EQ(semaphore.value(), 5);
    EXPECT_THROW(semaphore.release(0), UsageError);
    EXPECT_THROW((void)context().semaphore(-1), UsageError);
    EXPECT_THROW((void)context().bounded_semaphore(-1), UsageError);
    EXPECT_EQ(context().semaphore().value(), 1);
    EXPECT_FALSE(context().semaphore(0).try_acquire());
}

TEST(SemaphoreTest, a_bound_holds) {
    auto const semaphore = context().bounded_semaphore(3);
    semaphore.acquire();
    semaphore.acquire();
    EXPECT_THROW(semaphore.release(3), UsageError);
    EXPECT_EQ(semaphore.value(), 1);
    semaphore.release(2);
    EXPECT_THROW(semaphore.release(), UsageError);
    EXPECT_EQ(semaphore.value(), 3);
}

TEST(SemaphoreTest, units_of_those_who_fail_come_back) {
    auto const semaphore = context().semaphore(3);
    for (int how = 0; how < 3; ++how) {
        auto holder = start_far<take_units>(semaphore, 3, how);
        holder.join();
        bool const comes_back = how < 2;
        EXPECT_EQ(semaphore.acquire(comes_back ? 10s : 200ms), comes_back) << how;
        if (comes_back) semaphore.release();
    }
}

void wait_and_say(Event event, Queue<int> said) {
    said.put(event.wait() ? 1 : 0);
}

TEST(EventTest, lets_all_go) {
    auto const event = context().event();
    auto const said = context().queue<int>();
    EXPECT_FALSE(event.is_set());
    EXPECT_FALSE(event.wait(10ms));
    std::vector<Process> all;
    for (int i = 0; i < 3; ++i) all.push_back(start_far<wait_and_say>(event, said));
    until_waiting("event", 3);
    EXPECT_EQ(said.qsize(), 0U);
    event.set();
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
    EXPECT_EQ(said.qsize(), 3U);
    EXPECT_TRUE(event.is_set());
    EXPECT_TRUE(event.wait());
    event.clear();
    EXPECT_FALSE(event.wait(0s));
}

void release_and_tell(Lock lock, Queue<int> told) {
    lock.release();
    told.put(1);
}

TEST(LockTest, an_owners_end_is_told_to_one_whose_lock_another_has_released) {
    auto const lock = context().lock();
    auto told = context().queue<int>();
    lock.acquire();
    auto other = start_far<release_and_tell>(lock, told);
    EXPECT_EQ(told.get(10s), 1);
    auto owner = start_far<take_and_end<Lock>>(lock, 1, 0);
    owner.join();
    EXPECT_TRUE(lock.acquire(10s));
    EXPECT_TRUE(lock.owner_died());
    lock.release();
    other.join();
}

}  // namespace
}  // namespace rankpool
