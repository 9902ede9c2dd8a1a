// SPDX-License-Identifier: MIT
// One test per behaviour that CPython's Lib/test/_test_multiprocessing.py asserts of Queue, named as there.
#include "tests/channel/support.hpp"

#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;

/// No timeout may end early; late it may be by what a loaded machine needs.
constexpr std::chrono::duration<double> lateness{0.5};

TEST(ConformanceQueue, test_put) {
    auto queue = context().queue<int>(6);
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.full());
    queue.put(1);
    queue.put(2, 1s);
    queue.put_nowait(3);
    queue.put(4);
    queue.put(5);
    queue.put_nowait(6);
    EXPECT_FALSE(queue.empty());
    EXPECT_TRUE(queue.full());
    EXPECT_THROW(queue.put_nowait(7), Full);
    auto const took = time_of([&] { EXPECT_THROW(queue.put(7, 100ms), Full); });
    EXPECT_GE(took, 100ms);
    EXPECT_LT(took, 100ms + lateness);
    EXPECT_THROW(queue.put(7, 0s), Full);
    for (int i = 1; i <= 6; ++i) EXPECT_EQ(queue.get(), i);
    EXPECT_TRUE(queue.empty());
    EXPECT_FALSE(queue.full());
}

void take_when_told(Queue<int> items, Queue<int> told, Queue<int> back) {
    while (told.get() != 0) back.put(items.get());
}

TEST(ConformanceQueue, test_put_with_a_consumer_elsewhere) {
    auto items = context().queue<int>(2);
    auto told = context().queue<int>();
    auto back = context().queue<int>();
    auto consumer = start_far<take_when_told>(items, told, back);
    items.put(1);
    items.put(2);
    EXPECT_TRUE(items.full());
    told.put(1);
    EXPECT_EQ(back.get(), 1);
    EXPECT_FALSE(items.full());
    items.put_nowait(3);
    EXPECT_THROW(items.put_nowait(4), Full);
    told.put(0);
    EXPECT_EQ(code_of(consumer), 0);
}

void put_four(Queue<int> queue) {
    for (int i : {2, 3, 4, 5}) queue.put(i);
}

TEST(ConformanceQueue, test_get) {
    auto queue = context().queue<int>();
    auto producer = start_far<put_four>(queue);
    EXPECT_EQ(queue.get(), 2);
    EXPECT_EQ(queue.get(10s), 3);
    producer.join();
    EXPECT_FALSE(queue.empty());
    EXPECT_EQ(queue.get_nowait(), 4);
    EXPECT_EQ(queue.get(0s), 5);
    EXPECT_TRUE(queue.empty());
    EXPECT_THROW(queue.get_nowait(), Empty);
    auto const took = time_of([&] { EXPECT_THROW(queue.get(100ms), Empty); });
    EXPECT_GE(took, 100ms);
    EXPECT_LT(took, 100ms + lateness);
}

void put_ten(Queue<std::pair<int, int>> queue, int who) {
    for (int i = 0; i < 10; ++i) queue.put({who, i});
}

TEST(ConformanceQueue, test_fork) {
    auto queue = context().queue<std::pair<int, int>>();
    auto one = context().process<put_ten>(queue, 0);
    auto two = context().process<put_ten>(queue, 1);
    one.start();
    two.start();
    std::array<int, 2> next{};
    for (int i = 0; i < 20; ++i) {
        auto const [who, number] = queue.get();
        EXPECT_EQ(number, next.at(static_cast<std::size_t>(who))++);
    }
    EXPECT_THROW(queue.get_nowait(), Empty);
    EXPECT_EQ(code_of(one) + code_of(two), 0);
}

TEST(ConformanceQueue, test_qsize) {
    auto queue = context().queue<int>();
    EXPECT_EQ(queue.qsize(), 0U);
    queue.put(1);
    EXPECT_EQ(queue.qsize(), 1U);
    queue.put(5);
    EXPECT_EQ(queue.qsize(), 2U);
    (void)queue.get();
    EXPECT_EQ(queue.qsize(), 1U);
    (void)queue.get();
    EXPECT_EQ(queue.qsize(), 0U);
}

void do_tasks(JoinableQueue<int> queue) {
    while (queue.get() >= 0) {
        std::this_thread::sleep_for(5ms);
        queue.task_done();
    }
}

TEST(ConformanceQueue, test_task_done) {
    auto queue = context().joinable_queue<int>();
    std::vector<Process> workers;
    for (int i = 0; i < 4; ++i) {
        workers.push_back(context().process<do_tasks>(queue));
        workers.back().start();
    }
    for (int i = 0; i < 10; ++i) queue.put(i);
    queue.join();
    EXPECT_TRUE(queue.empty());
    EXPECT_THROW(queue.task_done(), UsageError);
    for (std::size_t i = 0; i < workers.size(); ++i) queue.put(-1);
    for (Process& worker : workers) EXPECT_EQ(code_of(worker), 0);
    EXPECT_FALSE(queue.join(10ms));
}

TEST(ConformanceQueue, test_timeout) {
    auto queue = context().queue<int>();
    auto const took = time_of([&] { EXPECT_THROW(queue.get(200ms), Empty); });
    EXPECT_GE(took, 200ms);
    EXPECT_LT(took, 200ms + lateness);
}

TEST(ConformanceQueue, test_queue_feeder_donot_stop_onexc) {
    auto queue = context().queue<Stubborn>(1);
    EXPECT_THROW(queue.put({Stubborn::Mood::no_save, 1}), SerializationError);
    EXPECT_TRUE(queue.empty());
    queue.put({Stubborn::Mood::fine, 2}, 1s);
    EXPECT_EQ(queue.get(1s).number, 2);
    EXPECT_EQ(queue.qsize(), 0U);
    queue.put({Stubborn::Mood::no_load, 3}, 1s);
    EXPECT_THROW(queue.get(1s), SerializationError);
    queue.put({Stubborn::Mood::fine, 4}, 1s);
    EXPECT_EQ(queue.get(1s).number, 4);
}

TEST(ConformanceQueue, test_closed_queue_put_get_exceptions) {
    auto queue = context().queue<int>();
    auto joinable = context().joinable_queue<int>();
    queue.close();
    joinable.close();
    EXPECT_THROW(queue.put(1), ClosedError);
    EXPECT_THROW(queue.get(), ClosedError);
    EXPECT_THROW(joinable.put(1), ClosedError);
    EXPECT_THROW(joinable.get(), ClosedError);
    queue.close();
}

void fill(Queue<std::string> queue) {
    for (int i = 0; i < 32; ++i) queue.put(std::string(1U << 16U, 'x'));
}

TEST(ConformanceQueue, test_a_queue_outlives_the_process_that_filled_it) {
    auto queue = context().queue<std::string>();
    auto producer = start_far<fill>(queue);
    // Python's producer would wait for somebody to drain the queue, and its parent for the producer.
    EXPECT_EQ(code_of(producer), 0);
    for (int i = 0; i < 32; ++i) EXPECT_EQ(queue.get(1s).size(), 1U << 16U);
    EXPECT_TRUE(queue.empty());
}

// Differs from Python, where one that was never used says that it is empty.
TEST(ConformanceQueue, test_closed_queue_empty_exceptions) {
    auto queue = context().queue<int>();
    queue.put(1);
    queue.close();
    EXPECT_THROW((void)queue.empty(), ClosedError);
    auto unused = context().queue<int>();
    unused.close();
    EXPECT_THROW((void)unused.empty(), ClosedError);
}

void take_one_and_say_so(SimpleQueue<int> queue, Event taken) {
    if (queue.get() != 1 || !queue.empty()) rankpool::exit(1);
    taken.set();
}

TEST(ConformanceSimpleQueue, test_empty) {
    auto queue = context().simple_queue<int>();
    auto const taken = context().event();
    EXPECT_TRUE(queue.empty());
    queue.put(1);
    EXPECT_FALSE(queue.empty());
    auto child = start_far<take_one_and_say_so>(queue, taken);
    taken.wait();
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(code_of(child), 0);
}

TEST(ConformanceSimpleQueue, test_empty_exceptions) {
    auto queue = context().simple_queue<int>();
    queue.close();
    queue.close();
    EXPECT_THROW((void)queue.empty(), ClosedError);
    EXPECT_THROW(queue.put(1), ClosedError);
    EXPECT_THROW((void)queue.get(), ClosedError);
}

void join_and_say_so(JoinableQueue<int> queue, Event joined) {
    queue.join();
    joined.set();
}

// Dragon's test_task_done and test_joinable, where another process joins.
TEST(ConformanceQueue, test_joined_elsewhere) {
    auto queue = context().joinable_queue<int>();
    auto const joined = context().event();
    for (int i = 0; i < 10; ++i) queue.put(i);
    auto child = start_far<join_and_say_so>(queue, joined);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(queue.get(), i);
        EXPECT_FALSE(joined.is_set());
        queue.task_done();
    }
    joined.wait();
    EXPECT_EQ(code_of(child), 0);
}

// Dragon's test_queue_timeout; by Python's meaning there is no wait where there is room.
TEST(ConformanceQueue, test_queue_timeout) {
    auto queue = context().queue<std::vector<std::uint32_t>>(2);
    auto const large = pattern(std::size_t{8} << 20U);
    queue.put(large, 0s);
    queue.put(large, 60s);
    EXPECT_THROW(queue.put(large, 10ms), Full);
    EXPECT_EQ(queue.get(60s), large);
    EXPECT_TRUE(queue.poll());
    EXPECT_EQ(queue.get(60s), large);
    EXPECT_FALSE(queue.poll(1ms));
}

}  // namespace
}  // namespace rankpool
