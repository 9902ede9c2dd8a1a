// SPDX-License-Identifier: MIT
// Many processes, many items.
#include "tests/channel/support.hpp"
#include "tests/system/processes.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace rankpool {
namespace {

using namespace support;

using Link = Connection<long, long>;

void pass_on(Link from, Link to, long rounds) {
    for (long i = 0; i < rounds; ++i) to.send(from.recv() + 1);
}

TEST(TrafficTest, a_ring_of_eight_passes_a_token) {
    constexpr long size = 8;
    constexpr long rounds = 1250;
    std::vector<Link> into;
    std::vector<Link> out_of;
    for (long i = 0; i < size; ++i) {
        auto [sender, receiver] = context().pipe<long, long>();
        into.push_back(sender);
        out_of.push_back(receiver);
    }
    std::vector<Process> ring;
    for (std::size_t i = 1; i < size; ++i) {
        ring.push_back(context().process<pass_on>(out_of[i - 1], into[i], rounds));
        ring.back().start();
    }
    long token = 0;
    for (long i = 0; i < rounds; ++i) {
        into[0].send(token + 1);
        token = out_of[size - 1].recv();
    }
    EXPECT_EQ(token, size * rounds);
    for (Process& process : ring) EXPECT_EQ(code_of(process), 0);
}

void produce(Queue<std::uint64_t> queue, std::uint64_t from, std::uint64_t count) {
    for (std::uint64_t i = from; i < from + count; ++i) queue.put(i);
}
void consume(Queue<std::uint64_t> queue, Queue<std::array<std::uint64_t, 2>> sums, std::uint64_t end) {
    std::array<std::uint64_t, 2> sum{};
    for (std::uint64_t item = queue.get(); item != end; item = queue.get()) {
        sum[0] += item;
        sum[1] ^= item * 0x9e3779b97f4a7c15ULL;
    }
    sums.put(sum);
}

TEST(TrafficTest, four_producers_and_four_consumers_move_a_million_items) {
    constexpr std::uint64_t each = 250'000;
    constexpr std::uint64_t end = ~std::uint64_t{0};
    auto queue = context().queue<std::uint64_t>(10'000);
    auto sums = context().queue<std::array<std::uint64_t, 2>>();
    std::vector<Process> producers;
    std::vector<Process> consumers;
    for (std::uint64_t i = 0; i < 4; ++i) {
        consumers.push_back(context().process<consume>(queue, sums, end));
        consumers.back().start();
        producers.push_back(context().process<produce>(queue, i * each, each));
        producers.back().start();
    }
    for (Process& producer : producers) EXPECT_EQ(code_of(producer), 0);
    for (int i = 0; i < 4; ++i) queue.put(end);
    std::array<std::uint64_t, 2> total{};
    for (int i = 0; i < 4; ++i) {
        auto const sum = sums.get();
        total[0] += sum[0];
        total[1] ^= sum[1];
    }
    std::array<std::uint64_t, 2> expected{};
    for (std::uint64_t i = 0; i < 4 * each; ++i) {
        expected[0] += i;
        expected[1] ^= i * 0x9e3779b97f4a7c15ULL;
    }
    EXPECT_EQ(total, expected);
    for (Process& consumer : consumers) EXPECT_EQ(code_of(consumer), 0);
}

using Block = std::vector<std::uint32_t>;
constexpr int blocks = 1000;

void make_blocks(Queue<Block> out) {
    for (std::uint32_t i = 0; i < blocks; ++i) out.put(pattern(100'000, i));
}
void change_blocks(Queue<Block> in, Queue<Block> out) {
    for (int i = 0; i < blocks; ++i) {
        auto block = in.get();
        for (auto& number : block) ++number;
        out.put(block);
    }
}

TEST(TrafficTest, a_pipeline_of_three_stages_keeps_memory_flat) {
    auto first = context().queue<Block>(4);
    auto second = context().queue<Block>(4);
    auto maker = start_far<make_blocks>(first);
    auto changer = start_far<change_blocks>(first, second);
    for (std::uint32_t i = 0; i < blocks; ++i) {
        auto block = second.get();
        for (auto& number : block) --number;
        ASSERT_EQ(block, pattern(100'000, i));
    }
    // 100 MB have passed; four blocks and a copy or two are all that any process had at a time.
#if !defined(__SANITIZE_ADDRESS__)
    EXPECT_LT(peak_memory(::getpid()), 64U << 20U);
    EXPECT_LT(peak_memory(changer.pid().value()), 64U << 20U);
    EXPECT_LT(peak_memory(parent_of(parent_of(::getpid()))), 64U << 20U);
#endif
    EXPECT_EQ(code_of(maker) + code_of(changer), 0);
}

void compute_for(std::chrono::milliseconds time) {
    auto const begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < time) {
    }
}

TEST(TrafficTest, timeouts_are_kept_while_ranks_compute) {
    auto queue = context().queue<int>();
    std::vector<Process> busy;
    for (int i = 0; i < context().size(); ++i) {
        busy.push_back(context().process<compute_for>(ProcessOptions{.rank = i}, 1500ms));
        busy.back().start();
    }
    std::vector<std::chrono::duration<double>> lateness;
    for (int i = 0; i < 11; ++i) {
        auto const took = time_of([&] { EXPECT_THROW(queue.get(50ms), Empty); });
        lateness.push_back(took - 50ms);
    }
    std::nth_element(lateness.begin(), lateness.begin() + 5, lateness.end());
    EXPECT_GE(*std::min_element(lateness.begin(), lateness.end()), 0s);
    EXPECT_LT(lateness[5], 20ms) << "the median";
    for (Process& process : busy) EXPECT_EQ(code_of(process), 0);
}

}  // namespace
}  // namespace rankpool
