// SPDX-License-Identifier: MIT
// Pools without workers: RANKPOOL_WORKERS_PER_RANK=0.
#include "tests/pool/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <ranges>
#include <stdexcept>
#include <string>
#include <vector>

namespace rankpool {
namespace {

using namespace support;
using testing::ElementsAre;

long runs = 0;

long square(long x) {
    ++runs;
    if (x == 99) throw std::domain_error("no square of " + std::to_string(x));
    return x * x;
}
long pid(long /*x*/) {
    return ::getpid();
}
long add(long a, long b) {
    return a + b;
}
void set_runs(long to) {
    runs = to;
}
void refuse() {
    throw std::runtime_error("not today");
}
long fail_until(long good) {
    if (++runs < good) throw std::runtime_error("not yet");
    return runs;
}
std::vector<double> ones(std::size_t n) {
    return std::vector<double>(n, 1.0);
}
double sum(Shared<std::vector<double>> const& values, long times) {
    double total = 0;
    for (double const x : *values) total += x;
    return total * static_cast<double>(times);
}
long take_one(Queue<long> queue, long x) {
    return queue.get() + x;
}
long make_a_pool(long x) {
    return context().pool(1).apply<square>(x);
}

std::vector<long> const few{1, 2, 3, 4};

TEST(OwnHandsTest, tasks_run_in_the_process_that_waits_for_them) {
    auto pool = context().pool();
    EXPECT_THAT(pool.map<pid>({1L, 2L}), ElementsAre(::getpid(), ::getpid()));
    runs = 0;
    pool.map<square>(few);
    EXPECT_EQ(runs, 4);
}

TEST(OwnHandsTest, every_kind_of_call_gives_what_it_gives_with_workers) {
    auto pool = context().pool(3);
    EXPECT_EQ(pool.apply<square>(5L), 25);
    EXPECT_EQ(pool.apply_async<square>(6L).get(), 36);
    EXPECT_THAT(pool.map<square>(few, {.chunksize = 3}), ElementsAre(1, 4, 9, 16));
    EXPECT_THAT(pool.map<square>(few, {.schedule = Schedule::fixed}), ElementsAre(1, 4, 9, 16));
    EXPECT_THAT(pool.map_async<square>(few).get(), ElementsAre(1, 4, 9, 16));
    long total = 0;
    for (long const y : pool.imap<square>(std::views::iota(1L, 51L), {.window = 2})) total += y;
    for (long const y : pool.imap_unordered<square>(few)) total += y;
    EXPECT_EQ(total, 42925 + 30);
    EXPECT_EQ((pool.map_reduce<square, add>(few, 0L)), 30);
    EXPECT_EQ(pool.apply<ones>(3'000'000UL).size(), 3'000'000UL);
    pool.close();
    pool.join();
}

TEST(OwnHandsTest, errors_have_the_same_types_and_places) {
    auto pool = context().pool(2);
    try {
        pool.map<square>({1L, 99L, 99L});
        FAIL() << "expected a RemoteError";
    } catch (RemoteError const& error) {
        EXPECT_EQ(error.input_index(), 1U);
        EXPECT_EQ(error.type_name(), "std::domain_error");
    }
    auto const tried = pool.try_map<square>({2L, 99L});
    EXPECT_TRUE(tried[0]);
    EXPECT_FALSE(tried[1]);
    EXPECT_TRUE(thrown<RemoteError>([&] { pool.map_reduce<square, add>(std::vector{1L, 99L}, 0L); }));
    EXPECT_TRUE(thrown<RemoteError>([&] { pool.map<make_a_pool>({1L}); }));
    EXPECT_EQ(pool.apply<square>(3L), 9);
}

TEST(OwnHandsTest, retries_and_initializers_hold) {
    runs = 0;
    EXPECT_EQ(context().pool(2, {.retries = 3}).apply<fail_until>(3L), 3);
    auto pool = context().pool(2, {.initializer = partial<set_runs>(40L)});
    EXPECT_EQ(runs, 40);
    pool.close();
    pool.join();
    auto broken = context().pool(2, {.initializer = partial<refuse>()});
    EXPECT_TRUE(thrown<RemoteError>([&] { broken.apply<square>(1L); }));
}

TEST(OwnHandsTest, shared_values_and_queues_reach_tasks) {
    auto pool = context().pool(2);
    auto const values = pool.broadcast(std::vector<double>(1000, 2.0));
    EXPECT_EQ(pool.apply<sum>(values, 3L), 6000);
    auto queue = context().queue<long>();
    queue.put(5);
    EXPECT_EQ(pool.apply<take_one>(queue, 2L), 7);
}

TEST(OwnHandsTest, calls_are_cancelled_followed_and_ordered) {
    auto pool = context().pool(2);
    runs = 0;
    auto first = pool.apply_async<square>(2L);
    auto urgent = pool.apply_async<square>(ApplyOptions{.priority = 5}, 3L);
    auto const then = first.then<square>();
    EXPECT_EQ(then.get(), 16);
    EXPECT_EQ(urgent.get(), 9);
    auto late = pool.map_async<square>(std::views::iota(0L, 1'000'000L));
    late.cancel(Kill::yes);
    EXPECT_TRUE(thrown<CancelledError>([&] { late.get(); }));
    pool.terminate();
    EXPECT_TRUE(thrown<UsageError>([&] { pool.apply<square>(1L); }));
}

}  // namespace
}  // namespace rankpool
