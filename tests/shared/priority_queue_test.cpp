// SPDX-License-Identifier: MIT
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <tuple>

namespace rankpool {
namespace {

using namespace support;

using Jobs = PriorityQueue<std::pair<double, std::string>>;

/// All that is in it, in its order.
template <class T>
std::vector<T> drained(PriorityQueue<T> const& queue) {
    std::vector<T> all;
    while (!queue.empty()) all.push_back(queue.get());
    return all;
}

template <class T>
void expect_sorted(std::vector<T> items) {
    auto const queue = context().priority_queue<T>();
    std::shuffle(items.begin(), items.end(), std::mt19937{7});
    for (T const& item : items) queue.put(item);
    std::sort(items.begin(), items.end());
    EXPECT_EQ(drained(queue), items);
}

enum class Grade : signed char { low = -3, middle = 0, high = 3 };

TEST(PriorityQueueTest, gives_the_smallest_first_whatever_its_type) {
    using Limits = std::numeric_limits<double>;
    expect_sorted<int>({3, -1, 0, std::numeric_limits<int>::min(), std::numeric_limits<int>::max(), -1});
    expect_sorted<unsigned char>({200, 0, 255, 127, 128});
    expect_sorted<double>(
        {0.5, -0.5, 1e300, -1e300, Limits::denorm_min(), 0.0, Limits::infinity(), -Limits::infinity()});
    expect_sorted<bool>({true, false, true});
    expect_sorted<Grade>({Grade::high, Grade::low, Grade::middle});
    expect_sorted<std::string>(
        {"b", "", "ab", "a", std::string("a\0", 2), std::string("a\0b", 3), "a\x01", "\xff"});
    expect_sorted<std::vector<int>>({{1, 2}, {}, {1}, {1, 2, -1}, {0, 9}});
    expect_sorted<std::pair<std::string, int>>({{"a", 2}, {"a", -1}, {"", 5}, {"ab", 0}});
    expect_sorted<std::tuple<long, double, std::string>>(
        {{1, 2.5, "x"}, {1, -2.5, "z"}, {0, 9, ""}, {1, 2.5, "a"}});
}

TEST(PriorityQueueTest, orders_numbers_as_they_are_ordered) {
    std::mt19937_64 bits{11};
    std::vector<double> reals(500);
    std::generate(reals.begin(), reals.end(), [&] {
        auto const value = std::bit_cast<double>(bits());
        return std::isnan(value) ? 0.25 : value;
    });
    for (std::size_t i = 0; i + 1 < reals.size(); ++i) {
        EXPECT_EQ(reals[i] < reals[i + 1], shared::order_key(reals[i]) < shared::order_key(reals[i + 1]));
    }
    EXPECT_EQ(shared::order_key(0.0), shared::order_key(-0.0));
    EXPECT_LT(shared::order_key(std::numeric_limits<double>::infinity()), shared::order_key(std::nan("")));
}

TEST(PriorityQueueTest, gives_equal_ones_in_order_of_arrival) {
    // The second has no order that the queue knows.
    auto const queue = context().priority_queue<std::pair<int, std::map<int, int>>>();
    for (int i = 0; i < 20; ++i) queue.put({i % 2, {{i, i}}});
    for (int wanted = 0; wanted < 20; wanted += 2) EXPECT_EQ(queue.get().second.begin()->first, wanted);
    for (int wanted = 1; wanted < 20; wanted += 2) EXPECT_EQ(queue.get().second.begin()->first, wanted);
}

TEST(PriorityQueueTest, has_the_operations_of_a_queue) {
    auto const queue = context().priority_queue<int>(2);
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.poll());
    EXPECT_FALSE(queue.poll(20ms));
    EXPECT_THROW(queue.get_nowait(), Empty);
    EXPECT_THROW(queue.get(20ms), Empty);
    queue.put(2);
    queue.put_nowait(1);
    EXPECT_TRUE(queue.full());
    EXPECT_EQ(queue.qsize(), 2U);
    EXPECT_THROW(queue.put_nowait(0), Full);
    EXPECT_THROW(queue.put(0, 20ms), Full);
    EXPECT_TRUE(queue.poll());
    EXPECT_EQ(queue.get(), 1);
    EXPECT_FALSE(queue.full());
    EXPECT_EQ(queue.get(1s), 2);
    auto copy = queue;
    copy.close();
    EXPECT_THROW(queue.put(1), ClosedError);
}

void hold(PriorityQueue<int> queue, Queue<int> go_on) {
    (void)go_on.get();
    EXPECT_EQ(queue.get(), 1);
}

TEST(PriorityQueueTest, one_that_was_closed_here_is_closed_while_others_hold_it) {
    auto queue = context().priority_queue<int>();
    auto go_on = context().queue<int>();
    queue.put(1);
    auto holder = start_far<hold>(queue, go_on);
    queue.close();
    EXPECT_THROW(queue.put(0), ClosedError);
    EXPECT_THROW(queue.get(), ClosedError);
    EXPECT_THROW((void)queue.qsize(), ClosedError);
    EXPECT_THROW((void)queue.poll(1ms), ClosedError);
    go_on.put(1);
    EXPECT_EQ(code_of(holder), 0);
}

TEST(PriorityQueueTest, takes_values_of_any_size_and_bounds_their_bytes) {
    auto const queue = context().priority_queue<std::pair<int, std::string>>({.max_bytes = 1'000'000});
    std::string const large(900'000, 'x');
    queue.put({1, large});
    EXPECT_THROW(queue.put({0, large}, 20ms), Full);
    queue.put({0, "small"});
    EXPECT_EQ(queue.get().second, "small");
    EXPECT_EQ(queue.get().second, large);
    std::string const larger(3'000'000, 'y');
    queue.put({0, larger});
    EXPECT_EQ(queue.get().second, larger);
}

TEST(PriorityQueueTest, can_be_waited_for_among_others) {
    auto const numbers = context().priority_queue<int>();
    auto letters = context().queue<char>();
    EXPECT_TRUE(wait({numbers, letters}, 20ms).empty());
    letters.put('a');
    EXPECT_EQ(wait({numbers, letters}, 1s), std::vector<std::size_t>{1});
    numbers.put(1);
    EXPECT_EQ(wait({numbers, numbers, letters}, 5s).back(), 2U);
    EXPECT_EQ(numbers.get(), 1);
}

long works_through(Jobs const& jobs, PriorityQueue<long> const& done) {
    long count = 0;
    for (auto job = jobs.get(); job.second != "end"; job = jobs.get()) {
        done.put(std::stol(job.second));
        ++count;
    }
    return count;
}

TEST(PriorityQueueTest, serves_many_processes_each_item_once) {
    auto const jobs = context().priority_queue<std::pair<double, std::string>>(10);
    auto const done = context().priority_queue<long>();
    auto pool = context().pool();
    auto counts = pool.map_async(partial<works_through>(jobs),
                                 std::vector<PriorityQueue<long>>(pool.size(), done), {.chunksize = 1});
    constexpr long all = 200;
    for (long i = 0; i < all; ++i) jobs.put({static_cast<double>(-i), std::to_string(i)});
    for (std::size_t i = 0; i < pool.size(); ++i) jobs.put({1e9, "end"});
    auto const each = counts.get();
    EXPECT_EQ(std::accumulate(each.begin(), each.end(), 0L), all);
    EXPECT_EQ(drained(done), numbers(all));
}

void dies_waiting(PriorityQueue<int> const& queue, Event const& begun) {
    begun.set();
    (void)queue.get();
    (void)queue.get();
}
void waits_for_room(PriorityQueue<int> const& queue, Event const& begun) {
    begun.set();
    queue.put(-1);
}

TEST(PriorityQueueTest, loses_nothing_with_a_process_that_is_killed) {
    auto const queue = context().priority_queue<int>(1);
    for (int round = 0; round < 10; ++round) {
        auto const begun = context().event();
        auto getter = context().process<dies_waiting>(queue, begun);
        getter.start();
        begun.wait();
        getter.kill();
        getter.join();
        queue.put(round);
        EXPECT_EQ(queue.get(5s), round);
        queue.put(round);
        auto const waits = context().event();
        auto putter = context().process<waits_for_room>(queue, waits);
        putter.start();
        waits.wait();
        putter.kill();
        putter.join();
        EXPECT_EQ(queue.get(5s), round);
        EXPECT_THROW((void)queue.get_nowait(), Empty);
    }
}

TEST(PriorityQueueTest, travels_with_what_is_in_it) {
    auto const queue = context().priority_queue<std::string>();
    auto const queues = context().priority_queue<std::pair<int, PriorityQueue<std::string>>>();
    queue.put("item");
    queues.put({0, queue});
    EXPECT_EQ(queues.get().second.get(), "item");
}

}  // namespace
}  // namespace rankpool
