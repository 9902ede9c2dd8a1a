// SPDX-License-Identifier: MIT
// What processes wait for each other by may be made anywhere, and goes when nobody holds it.
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;

struct All {
    Lock lock;
    RLock rlock;
    Semaphore semaphore;
    BoundedSemaphore bounded;
    Event event;
    Condition condition;
    Barrier barrier;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& lock& rlock& semaphore& bounded& event& condition& barrier;
    }
};

All make_all(All given) {
    given.event.set();
    Context& here = context();
    return {here.lock(),       here.rlock(),
            here.semaphore(2), here.bounded_semaphore(3),
            here.event(),      here.condition(given.rlock),
            here.barrier(1)};
}

TEST(SyncTest, all_of_them_travel_and_outlive_their_maker) {
    auto pool = context().pool();
    All mine = {
        context().lock(),  context().rlock(),     context().semaphore(), context().bounded_semaphore(),
        context().event(), context().condition(), context().barrier(2)};
    All const theirs = pool.apply<make_all>(mine);
    pool.close();
    pool.join();
    EXPECT_TRUE(mine.event.is_set());
    EXPECT_TRUE(theirs.lock.acquire());
    EXPECT_TRUE(theirs.rlock.acquire());
    EXPECT_EQ(theirs.semaphore.value(), 2);
    EXPECT_EQ(theirs.bounded.value(), 3);
    EXPECT_FALSE(theirs.event.is_set());
    EXPECT_EQ(theirs.barrier.wait(), 0);
    theirs.condition.acquire();
    EXPECT_TRUE(mine.rlock.locked());
    theirs.condition.notify();
}

TEST(SyncTest, none_is_refused) {
    All const none;
    EXPECT_THROW(none.lock.acquire(), UsageError);
    EXPECT_THROW(none.semaphore.release(), UsageError);
    EXPECT_THROW(none.event.set(), UsageError);
    EXPECT_THROW(none.condition.wait(), UsageError);
    EXPECT_THROW(none.barrier.wait(), UsageError);
}

}  // namespace
}  // namespace rankpool
