// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/worker_watch.hpp"

#include "tests/batch/made_up_pool.hpp"

#include <gtest/gtest.h>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

TEST(WorkerWatchTest, asks_again_half_a_second_after_it_has_asked) {
    support::MovedTime time;
    MadeUpPool pool;
    WorkerWatch watch{pool, time};
    EXPECT_FALSE(watch.look());
    EXPECT_EQ(pool.status_queries, 1);
    pool.answer_status({});
    EXPECT_TRUE(watch.look());
    time.pass(499ms);
    EXPECT_TRUE(watch.look());
    EXPECT_EQ(pool.status_queries, 1);
    time.pass(1ms);
    EXPECT_FALSE(watch.look());
    EXPECT_EQ(pool.status_queries, 2);
}

TEST(WorkerWatchTest, does_not_wait_for_long_for_a_rank_that_is_silent) {
    support::MovedTime time;
    MadeUpPool pool;
    WorkerWatch watch{pool, time};
    watch.look();
    time.pass(199ms);
    EXPECT_FALSE(watch.look());
    time.pass(1ms);
    EXPECT_TRUE(watch.look());
    // It is not waited for again before it has been asked again.
    EXPECT_TRUE(watch.look());
    time.pass(300ms);
    EXPECT_FALSE(watch.look());
    pool.answer_status({});
    EXPECT_TRUE(watch.look());
    EXPECT_EQ(pool.status_queries, 2);
}

TEST(WorkerWatchTest, asks_many_ranks_less_often) {
    support::MovedTime time;
    MadeUpPool pool{1000};
    WorkerWatch watch{pool, time};
    watch.look();
    time.pass(3999ms);
    EXPECT_TRUE(watch.look());
    EXPECT_TRUE(watch.look());
    EXPECT_EQ(pool.status_queries, 1);
    time.pass(1ms);
    EXPECT_FALSE(watch.look());
    EXPECT_EQ(pool.status_queries, 2);
}

}  // namespace
}  // namespace rankpool::batch
