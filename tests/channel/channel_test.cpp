// SPDX-License-Identifier: MIT
// Queues and pipes at their bounds, and when those who use them die.
#include "tests/channel/support.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace rankpool {
namespace {

using namespace support;

constexpr std::uint64_t small_limit = 256 * 1024;

void put_numbers(Queue<long> queue, long from, long to, std::string const& tally) {
    for (long i = from; i < to; ++i) {
        queue.put(i);
        Tally::add(tally);
    }
}

TEST(ChannelTest, blocked_putters_are_served_in_order_of_arrival) {
    auto queue = context().queue<long>(1);
    queue.put(-1);
    Tally unused;
    std::vector<Process> putters;
    for (long i = 0; i < 4; ++i) {
        putters.push_back(context().process<put_numbers>(queue, i, i + 1, unused.name()));
        putters.back().start();
        // It has begun; now let it come to wait.
        std::this_thread::sleep_for(50ms);
    }
    EXPECT_THROW(queue.put_nowait(9), Full);
    for (long i = -1; i < 4; ++i) EXPECT_EQ(queue.get(10s), i);
    for (Process& putter : putters) EXPECT_EQ(code_of(putter), 0);
}

void get_one(Queue<long> queue, Queue<std::pair<int, long>> got, int who) {
    got.put({who, queue.get()});
}

TEST(ChannelTest, blocked_getters_are_served_in_order_of_arrival) {
    auto queue = context().queue<long>();
    auto got = context().queue<std::pair<int, long>>();
    std::vector<Process> getters;
    for (int i = 0; i < 4; ++i) {
        getters.push_back(context().process<get_one>(queue, got, i));
        getters.back().start();
        std::this_thread::sleep_for(50ms);
    }
    for (long i = 0; i < 4; ++i) queue.put(i);
    for (int i = 0; i < 4; ++i) {
        auto const [who, number] = got.get(10s);
        EXPECT_EQ(who, number);
    }
    for (Process& getter : getters) EXPECT_EQ(code_of(getter), 0);
}

void put_blocks(Queue<std::vector<std::uint32_t>> queue, std::string const& tally) {
    for (std::uint32_t i = 0; i < 64; ++i) {
        queue.put(pattern(32 * 1024, i));
        Tally::add(tally);
    }
}

TEST(ChannelTest, a_fast_producer_waits_at_the_limit_of_bytes) {
    auto queue = context().queue<std::vector<std::uint32_t>>(QueueOptions{.max_bytes = small_limit});
    Tally put;
    auto producer = start_far<put_blocks>(queue, put.name());
    put.wait_for(4);
    std::this_thread::sleep_for(100ms);
    EXPECT_LE(put.count(), 8);
    for (std::uint32_t i = 0; i < 64; ++i) ASSERT_EQ(queue.get(10s), pattern(32 * 1024, i));
    EXPECT_EQ(code_of(producer), 0);
}

void send_blocks(Connection<std::vector<std::uint32_t>, int> connection, std::string const& tally) {
    for (std::uint32_t i = 0; i < 64; ++i) {
        connection.send(pattern(32 * 1024, i));
        Tally::add(tally);
    }
}

TEST(ChannelTest, a_fast_sender_waits_at_the_limit_of_bytes) {
    auto [here, there] =
        context().pipe<int, std::vector<std::uint32_t>>(PipeOptions{.max_bytes = small_limit});
    Tally sent;
    auto sender = start_far<send_blocks>(there, sent.name());
    sent.wait_for(4);
    std::this_thread::sleep_for(100ms);
    EXPECT_LE(sent.count(), 8);
    for (std::uint32_t i = 0; i < 64; ++i) ASSERT_EQ(here.recv(), pattern(32 * 1024, i));
    EXPECT_EQ(code_of(sender), 0);
}

TEST(ChannelTest, items_of_all_sizes_wrap_around) {
    auto queue = context().queue<std::string>(QueueOptions{.max_bytes = small_limit});
    std::string const text(70'000, 'x');
    std::size_t length = 0;
    for (int i = 0; i < 2000; ++i, length = (length * 7 + 13) % 60'000) {
        queue.put(text.substr(0, length), 1s);
        queue.put("between", 1s);
        ASSERT_EQ(queue.get(1s).size(), length);
        ASSERT_EQ(queue.get(1s), "between");
    }
}

/// Dies in the middle of its being put.
struct Deadly {
    std::vector<std::uint32_t> content;
    bool is_deadly = false;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& content;
        if (Archive::is_saving::value && is_deadly) ::kill(::getpid(), SIGKILL);
        archive& is_deadly;
    }
};
void put_and_die(Queue<Deadly> queue) {
    queue.put({pattern(1U << 20U), true});
}
void put_deadly(Queue<Deadly> queue) {
    queue.put({pattern(1U << 20U, 5), false});
}

TEST(ChannelTest, a_producer_killed_in_the_middle_of_a_put_leaves_nothing) {
    for (std::uint64_t const max_bytes : {small_limit, 64 * small_limit}) {
        auto queue = context().queue<Deadly>(QueueOptions{.max_bytes = max_bytes});
        auto victim = start_far<put_and_die>(queue);
        // The getter is in the middle of it when it dies.
        EXPECT_THROW(queue.get(300ms), Empty);
        EXPECT_EQ(code_of(victim), -SIGKILL);
        auto another = start_far<put_and_die>(queue);
        if (max_bytes > small_limit) {
            EXPECT_EQ(code_of(another), -SIGKILL);
        } else {
            // It waits for room in the middle of its item.
            std::this_thread::sleep_for(100ms);
            another.kill();
            EXPECT_EQ(code_of(another), -SIGKILL);
        }
        auto good = start_far<put_deadly>(queue);
        EXPECT_EQ(queue.get(10s).content, pattern(1U << 20U, 5));
        EXPECT_EQ(code_of(good), 0);
        EXPECT_EQ(queue.qsize(), 0U);
    }
}

/// Dies in the middle of its being taken.
struct Poisoned {
    std::vector<std::uint32_t> content;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        std::uint32_t poison = 0;
        archive& poison;
        if (Archive::is_loading::value && current_process().name() == "victim") ::kill(::getpid(), SIGKILL);
        archive& content;
    }
};
void take_poison(Queue<Poisoned> queue) {
    (void)queue.get();
}

TEST(ChannelTest, a_consumer_killed_in_the_middle_of_a_get_takes_only_that) {
    auto queue = context().queue<Poisoned>(QueueOptions{.max_bytes = small_limit});
    auto victim = context().process<take_poison>({.name = "victim", .rank = last_rank()}, queue);
    victim.start();
    queue.put({pattern(200'000, 1)});
    EXPECT_EQ(code_of(victim), -SIGKILL);
    queue.put({pattern(200'000, 2)});
    EXPECT_EQ(queue.get(10s).content, pattern(200'000, 2));
    EXPECT_EQ(queue.qsize(), 0U);
}

TEST(ChannelTest, a_waiting_consumer_that_is_killed_does_not_hold_up_the_next) {
    auto queue = context().queue<long>();
    auto got = context().queue<std::pair<int, long>>();
    auto first = start_far<get_one>(queue, got, 1);
    std::this_thread::sleep_for(50ms);
    auto second = context().process<get_one>(queue, got, 2);
    second.start();
    std::this_thread::sleep_for(50ms);
    first.kill();
    first.join();
    queue.put(7);
    EXPECT_EQ(got.get(10s), (std::pair<int, long>{2, 7}));
    EXPECT_EQ(code_of(second), 0);
}

void hold(Connection<int, int> /*connection*/, std::string const& begun) {
    Tally::add(begun);
    for (;;) ::pause();
}

TEST(ChannelTest, end_of_file_when_the_peer_is_killed) {
    auto [here, there] = context().pipe<int, int>();
    Tally begun;
    auto holder = start_far<hold>(there, begun.name());
    there.close();
    begun.wait_for(1);
    EXPECT_FALSE(here.poll(50ms));
    holder.kill();
    EXPECT_THROW(here.recv(), EndOfFile);
    EXPECT_THROW(here.send(1), EndOfFile);
    holder.join();
}

void fill_up(Connection<std::string, int> connection) {
    try {
        while (true) connection.send(std::string(10'000, 'x'));
    } catch (EndOfFile const&) {
        rankpool::exit(3);
    }
}

TEST(ChannelTest, a_sender_that_waits_for_room_learns_that_nobody_is_there) {
    auto [here, there] = context().pipe<int, std::string>(PipeOptions{.max_bytes = small_limit});
    auto sender = start_far<fill_up>(there);
    there.close();
    std::this_thread::sleep_for(50ms);
    here.close();
    EXPECT_EQ(code_of(sender), 3);
}

long put_from_task(Queue<long> queue, long x) {
    queue.put(x);
    return x;
}
Queue<long> queue_from_task(long x) {
    auto queue = context().queue<long>();
    queue.put(x);
    return queue;
}

TEST(ChannelTest, tasks_of_a_pool_use_queues) {
    auto pool = context().pool();
    auto queue = context().queue<long>();
    pool.map(partial<put_from_task>(queue), numbers(100), {.chunksize = 3});
    long sum = 0;
    for (int i = 0; i < 100; ++i) sum += queue.get(1s);
    EXPECT_EQ(sum, 4950);
    std::vector<std::pair<Queue<long>, long>> const pairs(20, {queue, 5});
    pool.starmap<put_from_task>(pairs);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(queue.get(1s), 5);
    auto shared = pool.broadcast(queue);
    pool.map(
        partial([](Shared<Queue<long>> const& all, long x) { return put_from_task(all.get(), x); }, shared),
        numbers(10));
    for (int i = 0; i < 10; ++i) (void)queue.get(1s);
    EXPECT_TRUE(queue.empty());
}

TEST(ChannelTest, tasks_of_a_pool_return_queues) {
    auto pool = context().pool();
    auto queues = pool.map<queue_from_task>(numbers(10));
    for (long i = 0; i < 10; ++i) EXPECT_EQ(queues[static_cast<std::size_t>(i)].get(1s), i);
    // The last process to hold one is this one.
    pool.terminate();
    queues[3].put(1);
    EXPECT_EQ(queues[3].get(1s), 1);
}

long feed_back(Queue<long> queue, long x) {
    queue.put(x);
    return x;
}

TEST(ChannelTest, a_pool_is_served_while_its_owner_waits_at_a_queue) {
    auto pool = context().pool(2);
    auto queue = context().queue<long>();
    // More input than may leave the owner at once.
    std::vector<std::pair<Queue<long>, std::string>> inputs(200, {queue, std::string(100'000, 'x')});
    auto const result = pool.starmap_async(
        [](Queue<long> to, std::string const& text) { return feed_back(to, static_cast<long>(text.size())); },
        inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) EXPECT_EQ(queue.get(20s), 100'000);
    EXPECT_EQ(result.get().size(), inputs.size());
}

TEST(ChannelTest, what_is_no_channel_is_told) {
    Queue<int> queue;
    EXPECT_THROW(queue.put(1), UsageError);
    Connection<int, int> connection;
    EXPECT_THROW(connection.recv(), UsageError);
    EXPECT_TRUE(connection.closed());
}

}  // namespace
}  // namespace rankpool
