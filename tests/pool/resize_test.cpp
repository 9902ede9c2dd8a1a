// SPDX-License-Identifier: MIT
// Pools that grow and shrink.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;

long started = 0;
void begin(std::string const& tally) {
    Tally::add(tally);
    started = 7;
}
long begun(long /*x*/) {
    return started;
}
long slow(std::string const& gate, long x) {
    Tally::wait_for(gate, 1);
    return x;
}

TEST(Resize, grows_by_workers_that_have_been_initialized) {
    Tally initialized;
    auto pool = context().pool(1, {.initializer = partial<begin>(initialized.name())});
    auto const first = pids_of(pool);
    EXPECT_EQ(first.size(), 1U);
    pool.resize(5);
    EXPECT_EQ(pool.size(), 5U);
    auto const five = pids_of(pool);
    EXPECT_EQ(five.size(), 5U);
    EXPECT_TRUE(five.contains(*first.begin()));
    EXPECT_EQ(initialized.count(), 5);
    EXPECT_EQ(pool.map<begun>(numbers(20)), std::vector<long>(20, 7));
    pool.close();
    pool.join();
}

TEST(Resize, shrinks_when_tasks_are_done_and_loses_none) {
    auto pool = context().pool(4);
    auto const four = pids_of(pool);
    Tally gate;
    auto const list = pool.map_async(partial<slow>(gate.name()), numbers(100));
    pool.resize(1);
    EXPECT_EQ(pool.size(), 1U);
    gate.add();
    EXPECT_EQ(list.get(), numbers(100));
    auto const left = pids_of(pool);
    EXPECT_EQ(left.size(), 1U);
    EXPECT_TRUE(four.contains(*left.begin()));
    auto const are_gone = [&] {
        for (pid_t const pid : four) {
            if (pid != *left.begin() && exists(pid)) return false;
        }
        return true;
    };
    while (!are_gone()) pool.apply<square>(1L);
    pool.resize(3);
    EXPECT_EQ(pids_of(pool).size(), 3U);
}

TEST(Resize, again_and_again_with_work_under_way) {
    auto pool = context().pool(2);
    auto const list = pool.map_async<square>(numbers(20'000));
    for (long const n : {1, 4, 2, 6, 1, 3, 5, 1, 2}) {
        pool.resize(n);
        EXPECT_EQ(pool.map<square>(numbers(50)), squares(50));
        EXPECT_EQ(pool.map<square>(numbers(50), {.schedule = Schedule::fixed}), squares(50));
    }
    EXPECT_EQ(list.get(), squares(20'000));
    EXPECT_EQ(pids_of(pool).size(), 2U);
    pool.close();
    pool.join();
}

TEST(Resize, to_nothing_or_of_a_closed_pool_is_refused) {
    auto pool = context().pool(2);
    EXPECT_THROW(pool.resize(0), UsageError);
    EXPECT_THROW(pool.resize(-1), UsageError);
    EXPECT_EQ(pool.size(), 2U);
    pool.close();
    EXPECT_THROW(pool.resize(3), UsageError);
    pool.join();
}

}  // namespace
}  // namespace rankpool
