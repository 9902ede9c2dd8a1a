// SPDX-License-Identifier: MIT
// Calls that depend on one another, and owners that do something else meanwhile.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ranges>
#include <thread>

namespace rankpool {
namespace {

using namespace support;

long plus_one(long x) {
    return x + 1;
}
std::string large(long x) {
    return std::string(400'000, static_cast<char>('a' + x % 26));
}
std::size_t length(std::string const& text) {
    return text.size();
}
long count_at(std::string const& tally, std::string const& /*input*/) {
    Tally::add(tally);
    return 0;
}

/// Gives 0 to n - 1, 20 ms each.
auto slow_numbers(long n) {
    return Made{[next = 0L, n]() mutable -> std::optional<long> {
        std::this_thread::sleep_for(20ms);
        return next < n ? std::optional{next++} : std::nullopt;
    }};
}

TEST(PoolPipeline, inputs_come_from_other_calls) {
    auto pool = context().pool(2);
    auto const xs = numbers(300);
    std::vector<long> expected;
    for (long const x : xs) expected.push_back(square(x) + 1);
    EXPECT_EQ(pool.map<plus_one>(pool.imap<square>(xs)), expected);
    auto sorted = pool.map<plus_one>(pool.imap_unordered<square>(xs));
    std::ranges::sort(sorted);
    EXPECT_EQ(sorted, expected);
    EXPECT_EQ(pool.map<plus_one>(xs | std::views::transform([&](long x) { return pool.apply<square>(x); })),
              expected);
    std::vector<AsyncResult<long>> later;
    for (long const x : xs) later.push_back(pool.apply_async<square>(x));
    auto const got = later | std::views::transform([](auto const& result) { return result.get(); });
    EXPECT_EQ(pool.map<plus_one>(got), expected);
    auto third =
        pool.imap<plus_one>(pool.imap<plus_one>(pool.imap<square>(xs, {.window = 3}), {.window = 2}));
    for (long const x : xs) ASSERT_EQ(third.next(), square(x) + 2);
}

TEST(PoolPipeline, stages_behind_a_slow_input_do_not_read_one_another_in_vain) {
    auto pool = context().pool(2);
    auto other = context().pool(1);
    auto first = pool.imap<square>(slow_numbers(8));
    auto second = pool.imap<plus_one>(first);
    auto third = other.imap<plus_one>(second);
    auto fourth = pool.imap<plus_one>(third);
    for (long x = 0; x < 8; ++x) ASSERT_EQ(fourth.next(), square(x) + 3);
}

TEST(PoolPipeline, each_element_is_read_once_and_before_the_next_is_asked_for) {
    auto pool = context().pool(2);
    for (std::size_t const chunksize : {0U, 1U}) {
        Tally fresh;
        auto again = Made{[&, given = 0L]() mutable -> std::optional<std::string> {
            Tally::wait_for(fresh.name(), given);
            return given < 4 ? std::optional{std::string(given++ % 2 == 0 ? 10 : 300'000, 'x')}
                             : std::nullopt;
        }};
        EXPECT_EQ(pool.map(partial<count_at>(fresh.name()), again, {.chunksize = chunksize}).size(), 4U);
    }
    long calls = 0;
    auto const made = numbers(6) | std::views::transform([&](long x) {
                          ++calls;
                          return large(x);
                      });
    EXPECT_EQ(pool.map<length>(made), std::vector<std::size_t>(6, 400'000));
    EXPECT_EQ(calls, 6);
}

TEST(PoolPipeline, a_take_reads_no_more_than_it_gives) {
    auto pool = context().pool(2);
    long pulled = 0;
    auto inputs = Made{[&]() -> std::optional<long> { return pulled++; }};
    EXPECT_EQ(pool.map<square>(std::ranges::subrange(inputs.begin(), inputs.end()) | std::views::take(5)),
              squares(5));
    EXPECT_EQ(pulled, 5);
}

TEST(PoolPipeline, deadlines_hold_while_inputs_come_slowly) {
    auto pool = context().pool(2);
    Tally gate;
    auto const never = pool.apply_async(
        [](std::string const& name) {
            Tally::wait_for(name, 1);
            return 0L;
        },
        gate.name());
    auto words = context().queue<int>();
    auto results = pool.imap<square>(slow_numbers(100'000), {.chunksize = 100});
    auto const took = [](auto wait) {
        auto const begin = std::chrono::steady_clock::now();
        EXPECT_ANY_THROW(wait());
        return std::chrono::steady_clock::now() - begin;
    };
    EXPECT_LT(took([&] { (void)results.next(50ms); }), 1s);
    EXPECT_LT(took([&] { (void)never.get(50ms); }), 1s);
    EXPECT_LT(took([&] { (void)words.get(50ms); }), 1s);
    EXPECT_LT(took([&] { (void)words.get_nowait(); }), 1s);
    gate.add();
}

TEST(PoolPipeline, results_that_nobody_takes_hold_no_worker) {
    auto pool = context().pool(2);
    auto first = pool.imap<large>(numbers(12));
    auto second = pool.imap_unordered<large>(numbers(12));
    for (long x = 0; x < 12; ++x) {
        EXPECT_EQ(pool.apply<square>(x), square(x));
        ASSERT_EQ(first.next(), large(x));
    }
    std::set<std::string> rest;
    while (auto result = second.next()) rest.insert(*result);
    EXPECT_EQ(rest.size(), 12U);
}

TEST(PoolPipeline, results_beyond_the_memory_wait_on_disk) {
    auto pool = context().pool(2);
    auto results = pool.imap([](long x) { return std::string(9'000'000, static_cast<char>('a' + x)); },
                             numbers(12), {.window = 12});
    pool.close();
    pool.join();
    for (long x = 0; x < 12; ++x) {
        auto const text = results.next().value();
        ASSERT_EQ(text.size(), 9'000'000U);
        ASSERT_EQ(text.back(), static_cast<char>('a' + x));
    }
    EXPECT_FALSE(results.next());
}

TEST(PoolPipeline, join_ends_calls_whose_results_are_not_taken) {
    auto pool = context().pool(2);
    auto known = pool.imap<square>(numbers(1000), {.window = 3});
    auto inputs = Made{[next = 0L]() mutable -> std::optional<long> {
        return next < 1000 ? std::optional{next++} : std::nullopt;
    }};
    auto unknown = pool.imap_unordered<square>(inputs, {.window = 3});
    pool.close();
    pool.join();
    for (long x = 0; x < 1000; ++x) ASSERT_EQ(known.next(), square(x));
    long count = 0;
    while (unknown.next()) ++count;
    EXPECT_EQ(count, 1000);
}

TEST(PoolPipeline, join_with_endless_inputs_is_an_error) {
    auto pool = context().pool(2);
    auto results = pool.imap<square>(std::views::iota(0L));
    pool.close();
    EXPECT_THROW(pool.join(), UsageError);
    for (long x = 0; x < 10; ++x) ASSERT_EQ(results.next(), square(x));
    pool.terminate();
    pool.join();
}

TEST(PoolPipeline, what_is_submitted_is_done_while_the_owner_computes) {
    auto pool = context().pool(2);
    Tally done;
    auto const many = pool.map_async(partial<count_at>(done.name()),
                                     std::vector<std::string>(40, std::string(100'000, 'x')));
    auto const big = pool.apply_async<count_at>(done.name(), std::string(2 << 20, 'y'));
    auto some =
        pool.imap(partial<count_at>(done.name()), std::vector<std::string>(9, std::string(300'000, 'z')));
    Tally::wait_for(done.name(), 50);
    EXPECT_EQ(many.get().size() + 1, 41U);
    EXPECT_EQ(big.get(), 0);
    EXPECT_EQ(std::ranges::distance(some), 9);
}

TEST(PoolPipeline, a_tasks_time_begins_with_its_function) {
    auto pool = context().pool(2, {.timeout = 400ms});
    // Too large for the home: its owner has to send it.
    auto const big = pool.apply_async<length>(std::string(65 << 20, 'x'));
    std::this_thread::sleep_for(1s);
    EXPECT_EQ(big.get(), 65U << 20U);
}

TEST(PoolPipeline, an_assigned_range_lets_go_of_its_call) {
    auto pool = context().pool(2);
    auto results = pool.imap<square>(std::views::iota(0L));
    results = pool.imap<square>(std::views::iota(0L, 10L));
    long sum = 0;
    for (long const y : results) sum += y;
    EXPECT_EQ(sum, 285);
    pool.close();
    pool.join();
}

TEST(PoolPipeline, next_says_whether_there_is_one) {
    auto pool = context().pool(2);
    auto zeros = pool.imap([](long) { return 0L; }, numbers(5));
    long count = 0;
    while (zeros.next()) ++count;
    EXPECT_EQ(count, 5);
    auto nos = pool.imap([](long) { return false; }, numbers(3));
    bool const no = nos.next();
    EXPECT_FALSE(no);
    for (count = 1; nos.next();) ++count;
    EXPECT_EQ(count, 3);
}

TEST(PoolPipeline, a_callbacks_error_comes_out_of_its_own_result) {
    auto pool = context().pool(2);
    auto const throws = [](std::vector<long> const&) { throw std::domain_error("from the callback"); };
    auto const result = pool.map_async<square>(numbers(10), {.callback = throws});
    for (int i = 0; i < 20; ++i) ASSERT_EQ(pool.map<square>(numbers(10)), squares(10));
    EXPECT_THROW((void)result.get(), std::domain_error);
    EXPECT_EQ(result.get(), squares(10));
    (void)pool.map_async<square>(numbers(10), {.callback = throws});
    pool.close();
    EXPECT_THROW(pool.join(), std::domain_error);
    pool.join();
}

TEST(PoolPipeline, a_callback_may_ask_its_own_result) {
    auto pool = context().pool(2);
    std::optional<AsyncResult<std::vector<long>>> result;
    std::vector<long> seen;
    result.emplace(pool.map_async<square>(
        numbers(10), {.callback = [&](std::vector<long> const&) { seen = result->get(); }}));
    result->wait();
    EXPECT_EQ(seen, squares(10));
}

TEST(PoolPipeline, inputs_go_with_the_call_and_not_with_the_result) {
    auto pool = context().pool(2);
    auto const shared = std::make_shared<long>(3);
    auto const xs = numbers(5);
    auto const inputs = xs | std::views::transform([shared](long x) { return x * *shared; });
    auto const before = shared.use_count();
    auto const result = pool.map_async<square>(inputs);
    result.wait();
    EXPECT_EQ(shared.use_count(), before);
    EXPECT_EQ(result.get()[1], 9);
}

}  // namespace
}  // namespace rankpool
