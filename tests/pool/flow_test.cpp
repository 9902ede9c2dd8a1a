// SPDX-License-Identifier: MIT
// imap and imap_unordered.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace rankpool {
namespace {

using namespace support;

/// 0, 1, 2, ... for ever, counting what has been read.
auto endless(long& pulled) {
    return Made{[&pulled]() -> std::optional<long> { return pulled++; }};
}

long wait_at(std::string const& gate, long x) {
    Tally::wait_for(gate, 1);
    return x;
}

class PoolFlow : public ::testing::TestWithParam<std::size_t> {};

TEST_P(PoolFlow, imap_reads_no_further_than_the_window) {
    std::size_t const window = GetParam();
    auto pool = context().pool();
    long pulled = 0;
    auto inputs = endless(pulled);
    auto results = pool.imap<square>(inputs, {.window = window});
    for (long taken = 0; taken < 3000; ++taken) {
        // One more may have been looked at to see that it is there.
        ASSERT_LE(pulled - taken, static_cast<long>(window) + 1);
        ASSERT_EQ(results.next(), taken * taken);
    }
}

TEST_P(PoolFlow, imap_unordered_reads_no_further_than_the_window) {
    std::size_t const window = GetParam();
    auto pool = context().pool();
    long pulled = 0;
    auto inputs = endless(pulled);
    auto results = pool.imap_unordered<square>(inputs, {.window = window});
    std::vector<long> seen;
    for (long taken = 0; taken < 3000; ++taken) {
        ASSERT_LE(pulled - taken, static_cast<long>(window) + 1);
        seen.push_back(results.next().value());
    }
    std::ranges::sort(seen);
    EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

INSTANTIATE_TEST_SUITE_P(Windows, PoolFlow, ::testing::Values(1U, 2U, 7U, 100U, 1000U));

TEST(PoolImap, a_window_smaller_than_the_chunk_is_kept) {
    auto pool = context().pool();
    long pulled = 0;
    auto inputs = endless(pulled);
    auto results = pool.imap<square>(inputs, {.chunksize = 50, .window = 5});
    for (long taken = 0; taken < 200; ++taken) {
        ASSERT_LE(pulled - taken, 6);
        ASSERT_EQ(results.next(), taken * taken);
    }
}

TEST(PoolImap, an_endless_input_is_fine_without_a_window) {
    auto pool = context().pool();
    long pulled = 0;
    auto results = pool.imap<square>(endless(pulled));
    for (long x = 0; x < 50'000; ++x) ASSERT_EQ(results.next(), x * x);
    EXPECT_LE(pulled, 50'000 + 10'001);
}

TEST(PoolImap, reads_on_while_the_consumer_is_slow_but_no_further) {
    auto pool = context().pool();
    long pulled = 0;
    auto inputs = endless(pulled);
    auto results = pool.imap<square>(inputs, {.window = 20});
    EXPECT_EQ(results.next(), 0);
    // The pool works inside other calls too.
    for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.apply<square>(3), 9);
    EXPECT_LE(pulled, 22);
    EXPECT_GE(pulled, 20);
}

TEST(PoolImap, gives_results_while_later_tasks_run) {
    auto pool = context().pool(2);
    Tally gate;
    auto const late = [](std::string const& name, long x) { return x == 1 ? wait_at(name, x) : x; };
    auto results = pool.imap(partial(late, gate.name()), numbers(2), {.chunksize = 1});
    EXPECT_EQ(results.next(), 0);
    EXPECT_THROW(results.next(50ms), TimeoutError);
    gate.add();
    EXPECT_EQ(results.next(10s), 1);
    EXPECT_FALSE(results.next().has_value());
    EXPECT_FALSE(results.next().has_value());
}

TEST(PoolImap, unordered_gives_first_what_is_first_done) {
    auto pool = context().pool(2);
    Tally gate;
    auto const late = [](std::string const& name, long x) { return x == 0 ? wait_at(name, x) : x; };
    auto results = pool.imap_unordered(partial(late, gate.name()), numbers(2), {.chunksize = 1});
    EXPECT_EQ(results.next(), 1);
    gate.add();
    EXPECT_EQ(results.next(), 0);
}

TEST(PoolImap, goes_on_behind_a_failed_task) {
    auto pool = context().pool();
    auto const odd_fails = [](long x) {
        if (x % 2 == 1) throw std::runtime_error("odd");
        return x;
    };
    auto results = pool.imap(odd_fails, numbers(10));
    for (long x = 0; x < 10; ++x) {
        if (x % 2 == 0) {
            EXPECT_EQ(results.next(), x);
        } else {
            auto const error = thrown<RemoteError>([&] { results.next(); });
            ASSERT_TRUE(error);
            EXPECT_EQ(error->input_index(), static_cast<std::size_t>(x));
        }
    }
    EXPECT_FALSE(results.next().has_value());
}

TEST(PoolImap, letting_go_of_the_results_ends_the_call) {
    auto pool = context().pool();
    for (int i = 0; i < 20; ++i) {
        long pulled = 0;
        auto inputs = endless(pulled);
        auto results = pool.imap<square>(inputs);
        EXPECT_EQ(results.next(), 0);
    }
    EXPECT_EQ(pool.map<square>(numbers(100)), squares(100));
    pool.close();
    pool.join();
}

TEST(PoolImap, results_outlive_a_moved_pool) {
    auto pool = context().pool();
    auto results = pool.imap<square>(numbers(100));
    Pool other = std::move(pool);
    for (long x = 0; x < 100; ++x) EXPECT_EQ(results.next(), x * x);
    EXPECT_EQ(other.apply<square>(2), 4);
}

TEST(PoolImap, of_a_terminated_pool_ends_with_an_error) {
    auto pool = context().pool();
    Tally gate;
    auto results = pool.imap(partial<wait_at>(gate.name()), numbers(10));
    pool.terminate();
    EXPECT_THROW(results.next(), ClosedError);
}

TEST(PoolImap, large_results_wait_with_their_workers) {
    auto pool = context().pool();
    auto const fill = [](long x) { return std::vector<long>(500'000, x); };
    long x = 0;
    for (auto const& result : pool.imap(fill, Counted{24})) {
        ASSERT_EQ(result.size(), 500'000U);
        ASSERT_EQ(result.front(), x);
        ASSERT_EQ(result.back(), x++);
    }
    EXPECT_EQ(x, 24);
}

}  // namespace
}  // namespace rankpool
