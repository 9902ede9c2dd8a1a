// SPDX-License-Identifier: MIT
// Who holds what and waits for it, as the whole job sees it.
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

namespace rankpool {
namespace {

using namespace support;

/// Locks made here, on that rank.
void hold_until(Lock far, Semaphore units, Event begun, Event over) {
    Context& here = context();
    auto const own = here.lock();
    own.acquire();
    far.acquire();
    units.acquire();
    units.acquire();
    begun.set();
    over.wait();
    units.release();
    units.release();
    far.release();
    own.release();
}

void wait_for(Lock lock) {
    std::lock_guard const guard{lock};
}

std::vector<Holding> with_name(std::string const& name) {
    auto all = context().holdings();
    std::erase_if(all, [&](Holding const& one) { return one.process != name; });
    std::ranges::sort(all, {}, &Holding::object);
    return all;
}

TEST(HoldingTest, all_ranks_tell) {
    auto const lock = context().lock();
    auto const units = context().semaphore(2);
    auto const begun = context().event();
    auto const over = context().event();
    int const rank = context().size() - 1;
    auto holder = context().process<hold_until>({.name = "Holder", .rank = rank}, lock, units, begun, over);
    holder.start();
    begun.wait();
    auto waiter = context().process<wait_for>({.name = "Waiter"}, lock);
    waiter.start();
    while (with_name("Waiter").empty()) std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(20ms);

    auto const held = with_name("Holder");
    ASSERT_EQ(held.size(), 4U) << "two locks, two units of one semaphore, and an event that it waits for";
    EXPECT_TRUE(held[0].object.starts_with("event "));
    EXPECT_TRUE(held[0].waits);
    EXPECT_TRUE(held[3].object.starts_with("semaphore ") && held[3].object.ends_with(" of rank 0"));
    EXPECT_EQ(held[3].amount, 2);
    bool is_there = false;
    for (Holding const& one : held) {
        EXPECT_EQ(one.rank, rank);
        ASSERT_TRUE(one.duration);
        EXPECT_GE(*one.duration, 10ms);
        EXPECT_LT(*one.duration, 60s);
        is_there |=
            one.object.starts_with("lock ") && one.object.ends_with(" of rank " + std::to_string(rank));
    }
    EXPECT_TRUE(is_there) << "the lock that was made there";
    auto const waits = with_name("Waiter");
    ASSERT_EQ(waits.size(), 1U);
    EXPECT_TRUE(waits[0].waits);

    over.set();
    EXPECT_EQ(code_of(holder), 0);
    EXPECT_EQ(code_of(waiter), 0);
    EXPECT_TRUE(with_name("Holder").empty());
    EXPECT_TRUE(with_name("Waiter").empty());
}

TEST(HoldingTest, a_lock_taken_without_a_message_is_seen) {
    auto const lock = context().lock();
    for (int i = 0; i < 3; ++i) {
        lock.acquire();
        auto const all = context().holdings();
        auto const mine = std::ranges::find(all, current_process().name(), &Holding::process);
        ASSERT_NE(mine, all.end()) << i;
        EXPECT_FALSE(mine->waits);
        EXPECT_EQ(mine->amount, 1);
        lock.release();
    }
    EXPECT_TRUE(context().holdings().empty());
}

}  // namespace
}  // namespace rankpool
