// SPDX-License-Identifier: MIT
// Queues and connections that are used by a callback, or while a value is read, in the midst of another use.
#include "tests/channel/support.hpp"

#include <boost/serialization/split_member.hpp>
#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;

using Words = std::vector<std::uint32_t>;

constexpr std::size_t large = std::size_t{8} << 20U;

/// Without a copy of what it is to be.
bool is_whole(Words const& words) {
    for (std::size_t i = 0; i < words.size(); ++i)
        if (words[i] != static_cast<std::uint32_t>(i) * 2654435761U + 1) return false;
    return words.size() * sizeof(std::uint32_t) == large;
}

long nap(long ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds{ms});
    return ms;
}

void put_slowly(Queue<Words> queue, int count) {
    for (int i = 0; i < count; ++i) queue.put(pattern(large));
}

/// Takes all until nothing has come for long, and tells how many came whole.
void count_all(Queue<Words> queue, Queue<int> counted) {
    int small = 0;
    int whole = 0;
    while (true) {
        try {
            Words const item = queue.get(3s);
            if (item.empty()) break;
            item.size() == 1 ? ++small : whole += is_whole(item) ? 1 : 0;
        } catch (Empty const&) {
            break;
        }
    }
    counted.put(small);
    counted.put(whole);
}

TEST(NestedTest, a_callback_puts_while_a_large_item_passes) {
    auto queue = context().queue<Words>(QueueOptions{.max_bytes = 512 * 1024});
    auto counted = context().queue<int>();
    auto consumer = start_far<count_all>(queue, counted);
    auto pool = context().pool(2);
    constexpr int calls = 40;
    std::vector<AsyncResult<long>> results;
    for (int i = 0; i < calls; ++i) {
        results.push_back(pool.apply_async<nap>(i % 4));
        results.back().add_done_callback([&] { queue.put(Words{7}); });
    }
    constexpr int items = 12;
    for (int i = 0; i < items; ++i) queue.put(pattern(large));
    for (auto& result : results) result.get();
    queue.put(Words{});
    EXPECT_EQ(counted.get(), calls);
    EXPECT_EQ(counted.get(), items);
    EXPECT_EQ(code_of(consumer), 0);
}

TEST(NestedTest, a_callback_gets_while_a_large_item_passes) {
    auto queue = context().queue<Words>(QueueOptions{.max_bytes = 512 * 1024});
    constexpr int items = 16;
    auto giver = start_far<put_slowly>(queue, items);
    auto pool = context().pool(2);
    int whole = 0;
    std::vector<AsyncResult<long>> results;
    for (int i = 0; i < 40; ++i) {
        results.push_back(pool.apply_async<nap>(i % 4));
        results.back().add_done_callback([&] {
            try {
                whole += is_whole(queue.get_nowait()) ? 1 : 0;
            } catch (Empty const&) {
                // It is between two items.
            }
        });
    }
    while (whole < items) {
        try {
            whole += is_whole(queue.get(20ms)) ? 1 : 0;
        } catch (Empty const&) {
            // A callback has got it.
        }
    }
    for (auto& result : results) result.get();
    EXPECT_EQ(whole, items);
    EXPECT_EQ(code_of(giver), 0);
}

void hold_open(Connection<long> connection) {
    (void)connection.recv();
}

TEST(NestedTest, a_callback_closes_what_is_waited_for) {
    auto pool = context().pool(1);
    auto queue = context().queue<long>();
    auto closing = pool.apply_async<nap>(30);
    closing.add_done_callback([&] { queue.close(); });
    EXPECT_THROW(queue.get(), ClosedError);

    auto full = context().queue<long>(QueueOptions{.maxsize = 1});
    full.put(1);
    auto closing_full = pool.apply_async<nap>(30);
    closing_full.add_done_callback([&] { full.close(); });
    EXPECT_THROW(full.put(2), ClosedError);

    auto joined = context().joinable_queue<long>();
    joined.put(1);
    auto closing_joined = pool.apply_async<nap>(30);
    closing_joined.add_done_callback([&] { joined.close(); });
    EXPECT_THROW(joined.join(), ClosedError);

    auto [here, there] = context().pipe<long>();
    auto other = start_far<hold_open>(there);
    auto closing_pipe = pool.apply_async<nap>(30);
    closing_pipe.add_done_callback([&, &end = here] { end.close(); });
    EXPECT_THROW(here.recv(), ClosedError);
    there.close();
    EXPECT_NE(code_of(other), 0);
}

void poll_both(Queue<long> queue, Queue<int> told) {
    auto pool = context().pool(1);
    auto nested = pool.apply_async<nap>(30);
    nested.add_done_callback([&] { told.put(queue.poll() ? 1 : 0); });
    told.put(queue.poll(200ms) ? 1 : 0);
    auto again = pool.apply_async<nap>(30);
    again.add_done_callback([&] { told.put(queue.poll(1ms) ? 1 : 0); });
    told.put(queue.poll(60s) ? 1 : 0);
}

TEST(NestedTest, a_callback_polls_what_is_polled) {
    auto queue = context().queue<long>();
    auto told = context().queue<int>();
    auto poller = start_far<poll_both>(queue, told);
    for (int polls = 0; polls < 3; ++polls) EXPECT_EQ(told.get(30s), 0);
    queue.put(1);
    EXPECT_EQ(told.get(30s), 1);
    EXPECT_EQ(code_of(poller), 0);
}

/// Waits for a queue when it is read from a message.
struct Waiting {
    Queue<long> queue;

    template <class Archive>
    void save(Archive& archive, unsigned int /*version*/) const {
        archive << queue;
    }
    template <class Archive>
    void load(Archive& archive, unsigned int /*version*/) {
        archive >> queue;
        (void)queue.get();
    }
    BOOST_SERIALIZATION_SPLIT_MEMBER()
};

Waiting wait_for(Queue<long> queue) {
    return {queue};
}

void double_one(Queue<long> queue, Queue<long> doubled) {
    doubled.put(2 * queue.get(30s));
}

TEST(NestedTest, a_load_that_may_not_wait_is_in_nobodys_way) {
    auto queue = context().queue<long>();
    auto doubled = context().queue<long>();
    auto pool = context().pool(1);
    EXPECT_THROW(pool.apply<wait_for>(queue), SerializationError);
    auto other = start_far<double_one>(queue, doubled);
    queue.put(5);
    EXPECT_EQ(doubled.get(30s), 10);
    EXPECT_EQ(code_of(other), 0);
}

bool is_full_for(Queue<Words>& queue, std::chrono::milliseconds timeout) {
    try {
        queue.put(pattern(large), timeout);
        return false;
    } catch (Full const&) {
        return true;
    }
}

void fill_with_large(Queue<Words> queue, Queue<bool> told, Queue<int> go_on) {
    for (auto const timeout : {0ms, 50ms}) {
        told.put(is_full_for(queue, timeout));
        (void)go_on.get();
    }
}

TEST(NestedTest, a_large_item_that_has_no_room_in_time_is_in_nobodys_way) {
    auto queue = context().queue<Words>(QueueOptions{.max_bytes = 512 * 1024});
    auto told = context().queue<bool>();
    auto go_on = context().queue<int>();
    auto filler = start_far<fill_with_large>(queue, told, go_on);
    for (std::uint32_t i = 0; i < 2; ++i) {
        EXPECT_TRUE(told.get(30s));
        queue.put(Words{i}, 10s);
        EXPECT_EQ(queue.get(10s), Words{i});
        go_on.put(1);
    }
    EXPECT_EQ(code_of(filler), 0);
}

/// So many calls are ready at once that callbacks within callbacks would fill the stack.
TEST(NestedTest, callbacks_of_many_calls_at_once_are_not_nested_without_end) {
    auto queue = context().queue<long>();
    auto pool = context().pool(2);
    int depth = 0;
    int deepest = 0;
    int called = 0;
    constexpr int calls = 20'000;
    std::vector<AsyncResult<long>> results;
    for (int i = 0; i < calls; ++i) {
        results.push_back(pool.apply_async<square>(i));
        results.back().add_done_callback([&] {
            deepest = std::max(deepest, ++depth);
            EXPECT_THROW(queue.get_nowait(), Empty);
            if (called % 100 == 0) {
                EXPECT_EQ(pool.apply<square>(3), 9);
            }
            ++called;
            --depth;
        });
    }
    // They come meanwhile.
    std::this_thread::sleep_for(300ms);
    for (auto& result : results) result.get();
    EXPECT_EQ(called, calls);
    EXPECT_LT(deepest, 200);
}

TEST(NestedTest, a_bound_beyond_all_memory_is_none) {
    auto queue = context().queue<long>(QueueOptions{.max_bytes = UINT64_MAX});
    queue.put(3);
    EXPECT_EQ(queue.get(), 3);
    auto [here, there] = context().pipe<long>(PipeOptions{.max_bytes = UINT64_MAX});
    here.send(4);
    EXPECT_EQ(there.recv(), 4);
    EXPECT_THROW(context().pool(1L << 40U), UsageError);
}

}  // namespace
}  // namespace rankpool
