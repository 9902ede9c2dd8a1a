// SPDX-License-Identifier: MIT
// A second thread of a process is refused what only the first may use, and nothing comes of it.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

namespace rankpool {
namespace {

using namespace support;

/// True if `use` throws UsageError in a thread of its own.
bool is_refused(std::function<void()> const& use) {
    bool refused = false;
    std::thread{[&] { refused = thrown<UsageError>(use).has_value(); }}.join();
    return refused;
}

TEST(PoolThread, nothing_is_for_a_second_thread) {
    auto pool = context().pool(2);
    auto queue = context().queue<long>();
    auto [here, there] = context().pipe<long>();
    auto const result = pool.apply_async<square>(3);
    auto results = pool.imap<square>(numbers(10));
    std::vector const calls{result, pool.apply_async<square>(4)};
    auto order = as_completed(calls);
    auto completed = order.begin();
    queue.put(1);
    // What has come is no more theirs than what is to come.
    std::size_t const first = *completed;
    EXPECT_EQ(pool.map<square>(numbers(3)), squares(3));
    std::vector<std::function<void()>> const uses{
        [&] { pool.apply<square>(1); },
        [&] { pool.map<square>(numbers(3)); },
        [&] { (void)pool.apply_async<square>(1); },
        [&] { pool.join(); },
        [&] { pool.terminate(); },
        [&] { (void)result.get(); },
        [&] { result.wait(); },
        [&] { (void)results.next(); },
        [&] { ++completed; },
        [&] { queue.put(2); },
        [&] { (void)queue.get(); },
        [&] { (void)queue.get_nowait(); },
        [&] { (void)queue.qsize(); },
        [&] { queue.close(); },
        [&, end = &here] { end->send(1); },
        [&, end = &there] { (void)end->recv(); },
        [&, end = &there] { (void)end->poll(); },
        [&] { (void)context().pool(1); },
        [&] { (void)context().queue<long>(); },
    };
    for (std::size_t i = 0; i < uses.size(); ++i) EXPECT_TRUE(is_refused(uses.at(i))) << i;
    // And nothing has come of it.
    EXPECT_EQ(result.get(), 9);
    for (long x = 0; x < 10; ++x) ASSERT_EQ(results.next(), x * x);
    EXPECT_EQ(*++completed, 1 - first);
    EXPECT_EQ(queue.get(), 1);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(pool.map<square>(numbers(3)), squares(3));
}

long put_in_threads(Queue<long> queue, long x) {
    long refused = 0;
    for (int i = 0; i < 4; ++i) refused += is_refused([&] { queue.put(x); }) ? 1 : 0;
    // The last of the handles may go with a thread.
    std::thread{[held = std::move(queue)] {}}.join();
    return refused;
}

TEST(PoolThread, nor_for_a_tasks_threads) {
    auto pool = context().pool(2);
    auto const queue = context().queue<long>();
    for (long const refused : pool.map(partial<put_in_threads>(queue), numbers(20))) EXPECT_EQ(refused, 4);
    EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace rankpool
