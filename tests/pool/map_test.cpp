// SPDX-License-Identifier: MIT
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <list>
#include <numeric>
#include <ranges>

namespace rankpool {
namespace {

using namespace support;

double scale(double k, double x) {
    return k * x;
}
bool is_even(long x) {
    return x % 2 == 0;
}
std::string repeat(std::string const& word, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += word;
    return text;
}
void note(std::string const& name, long /*x*/) {
    Tally::add(name);
}

struct Point {
    double x = 0;
    std::vector<std::string> tags;

    friend bool operator==(Point const&, Point const&) = default;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& x& tags;
    }
};

struct Shift {
    double by = 0;

    Point operator()(Point point) const {
        point.x += by;
        point.tags.push_back("shifted");
        return point;
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& by;
    }
};

struct MoveOnly {
    MoveOnly() = default;
    explicit MoveOnly(long n) : number(n) {}
    MoveOnly(MoveOnly&&) = default;
    MoveOnly& operator=(MoveOnly&&) = default;

    long number = 0;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& number;
    }
};

TEST(PoolMap, keeps_order_at_any_size) {
    auto pool = context().pool();
    for (long const n : {0, 1, 2, 3, 17, 1000, 20'000})
        EXPECT_EQ(pool.map<square>(numbers(n)), squares(n)) << n;
}

TEST(PoolMap, takes_any_range) {
    auto pool = context().pool();
    EXPECT_EQ(pool.map<square>({1, 2, 3}), (std::vector<long>{1, 4, 9}));
    EXPECT_EQ(pool.map<square>(std::array<long, 2>{4, 5}), (std::vector<long>{16, 25}));
    EXPECT_EQ(pool.map<square>(std::list<long>{6}), std::vector<long>{36});
    EXPECT_EQ(pool.map<square>(std::deque<int>{7}), std::vector<long>{49});
    EXPECT_EQ(pool.map<square>(Counted{100}), squares(100));
    long left = 100;
    Made once{[&]() -> std::optional<long> { return left > 0 ? std::optional{100 - left--} : std::nullopt; }};
    EXPECT_EQ(pool.map<square>(once), squares(100));
}

// A clang before 16 cannot compile the views of g++'s library.
#if !defined(__clang__) || __clang_major__ >= 16
TEST(PoolMap, takes_views) {
    auto pool = context().pool();
    auto const to_hundred = std::views::iota(0L, 100L);
    EXPECT_EQ(pool.map<square>(to_hundred), squares(100));
    EXPECT_EQ(pool.map<square>(to_hundred, {.schedule = Schedule::fixed}), squares(100));
    EXPECT_EQ(pool.map<square>(numbers(100) | std::views::filter(is_even)).size(), 50U);
    auto const shifted = to_hundred | std::views::transform([](long x) { return x - 1; });
    EXPECT_EQ(pool.map([](long x) { return square(x + 1); }, shifted), squares(100));
    long x = 0;
    for (long const y : pool.imap<square>(std::views::iota(0L) | std::views::take(100)))
        EXPECT_EQ(y, square(x++));
    EXPECT_EQ(x, 100);
}
#endif

TEST(PoolMap, takes_any_callable) {
    auto pool = context().pool();
    EXPECT_EQ(pool.map(partial<scale>(2.5), {2, 4}), (std::vector<double>{5, 10}));
    EXPECT_EQ(pool.map([](double x) { return x / 2; }, {1, 2}), (std::vector<double>{0.5, 1}));
    EXPECT_EQ(pool.map(Shift{2}, std::vector<Point>{{1, {"a"}}}),
              (std::vector<Point>{{3, {"a", "shifted"}}}));
}

TEST(PoolMap, gives_bools) {
    auto pool = context().pool();
    std::vector<bool> expected;
    for (long x = 0; x < 100; ++x) expected.push_back(x % 2 == 0);
    EXPECT_EQ(pool.map<is_even>(numbers(100)), expected);
    EXPECT_EQ(
        pool.map([](std::vector<bool> flags) { return std::vector<bool>(flags.rbegin(), flags.rend()); },
                 std::vector<std::vector<bool>>{{true, false, false}}),
        (std::vector<std::vector<bool>>{{false, false, true}}));
    EXPECT_EQ(pool.map([](bool flag) { return !flag; }, std::vector<bool>{true, false}),
              (std::vector<bool>{false, true}));
}

TEST(PoolMap, gives_what_can_only_be_moved) {
    auto pool = context().pool();
    auto const results = pool.map([](long x) { return MoveOnly{x * x}; }, numbers(50));
    for (long x = 0; x < 50; ++x) EXPECT_EQ(results[static_cast<std::size_t>(x)].number, x * x);
    EXPECT_EQ(pool.apply([](long x) { return MoveOnly{x}; }, 5L).number, 5);
    EXPECT_EQ(pool.apply_async([](long x) { return MoveOnly{x}; }, 6L).get().number, 6);
    for (auto& one : pool.imap([](long x) { return MoveOnly{x}; }, std::vector{7L})) EXPECT_EQ(one.number, 7);
}

TEST(PoolMap, of_a_void_function_only_waits) {
    auto pool = context().pool();
    Tally notes;
    static_assert(std::is_void_v<decltype(pool.map(partial<note>(notes.name()), numbers(20)))>);
    pool.map(partial<note>(notes.name()), numbers(20));
    EXPECT_EQ(notes.count(), 20);
    pool.apply<note>(notes.name(), 1L);
    EXPECT_EQ(notes.count(), 21);
    pool.apply_async<note>(notes.name(), 1L).get();
    EXPECT_EQ(notes.count(), 22);
}

TEST(PoolMap, converts_arguments_before_they_travel) {
    auto pool = context().pool();
    EXPECT_EQ(pool.map<square>(std::vector<short>{-3}), std::vector<long>{9});
    EXPECT_EQ(pool.apply<repeat>("ab", 2U), "abab");
}

TEST(PoolStarmap, spreads_tuples_and_pairs) {
    auto pool = context().pool();
    EXPECT_EQ(pool.starmap<repeat>(std::vector<std::tuple<std::string, int>>{{"a", 3}, {"b", 0}}),
              (std::vector<std::string>{"aaa", ""}));
    EXPECT_EQ(pool.starmap<repeat>({std::pair{std::string{"x"}, 2}}), std::vector<std::string>{"xx"});
    EXPECT_EQ(
        pool.starmap_async(partial<repeat>(std::string{"y"}), std::vector<std::tuple<int>>{{1}, {2}}).get(),
        (std::vector<std::string>{"y", "yy"}));
}

TEST(PoolApply, passes_all_arguments) {
    auto pool = context().pool();
    auto const join = [](std::string a, std::optional<int> b, std::map<std::string, double> const& c) {
        return a + std::to_string(b.value_or(-1)) + c.begin()->first;
    };
    EXPECT_EQ(
        pool.apply(join, std::string{"a"}, std::optional<int>{}, std::map<std::string, double>{{"k", 1}}),
        "a-1k");
    EXPECT_EQ(pool.apply([] { return 3; }), 3);
}

TEST(PoolApply, async_calls_run_at_the_same_time) {
    auto pool = context().pool(4);
    Tally meeting;
    std::vector<AsyncResult<pid_t>> results;
    for (int i = 0; i < 4; ++i) results.push_back(pool.apply_async<meet>(meeting.name(), 4L));
    std::set<pid_t> pids;
    for (auto const& result : results) pids.insert(result.get());
    EXPECT_EQ(pids.size(), 4U);
}

TEST(PoolMap, several_calls_of_one_pool_at_once) {
    auto pool = context().pool();
    std::vector<AsyncResult<std::vector<long>>> results;
    for (long n = 0; n < 50; ++n) results.push_back(pool.map_async<square>(numbers(n * 20)));
    auto streamed = pool.imap<square>(numbers(500));
    EXPECT_EQ(pool.map<square>(numbers(300)), squares(300));
    for (long x = 0; x < 500; ++x) ASSERT_EQ(streamed.next(), x * x);
    for (long n = 49; n >= 0; --n) EXPECT_EQ(results[static_cast<std::size_t>(n)].get(), squares(n * 20));
}

TEST(PoolMap, several_pools_at_once) {
    auto a = context().pool();
    auto b = context().pool(3);
    auto c = context().pool(1);
    auto const from_a = a.map_async<square>(numbers(2000));
    auto const from_b = b.map_async<square>(numbers(1000));
    auto const from_c = c.map_async<square>(numbers(500));
    auto const pids_b = pids_of(b);
    for (pid_t const pid : pids_of(a)) EXPECT_FALSE(pids_b.contains(pid));
    c.terminate();
    EXPECT_EQ(from_b.get(), squares(1000));
    EXPECT_EQ(from_a.get(), squares(2000));
    b.close();
    b.join();
    EXPECT_EQ(a.map<square>(numbers(10)), squares(10));
}

TEST(PoolMap, a_million_small_tasks) {
    auto pool = context().pool();
    constexpr long n = 1'000'000;
    auto const all = pool.map<square>(Counted{n});
    ASSERT_EQ(all.size(), static_cast<std::size_t>(n));
    EXPECT_EQ(std::accumulate(all.begin(), all.end(), 0L), (n - 1) * n * (2 * n - 1) / 6);
    for (long x = 0; x < n; ++x) ASSERT_EQ(all[static_cast<std::size_t>(x)], x * x);
}

TEST(PoolMap, a_chunk_stays_together) {
    auto pool = context().pool();
    for (std::size_t const chunksize : std::vector<std::size_t>{1, 3, 10, 64, 1000}) {
        auto const pids = pool.map<pid_here>(numbers(5000), {.chunksize = chunksize});
        std::size_t parted = 0;
        for (std::size_t i = 1; i < pids.size(); ++i) {
            parted += i % chunksize != 0 && pids[i] != pids[i - 1] ? 1U : 0U;
        }
        // But for what a worker had not begun when another had nothing to do any more.
        EXPECT_LE(parted, 20 * pool.size()) << chunksize;
    }
}

TEST(PoolMap, chunks_go_to_all_workers) {
    auto pool = context().pool(3);
    Tally meeting;
    // The first of each chunk waits for those of the other chunks.
    auto const begin_together = [](std::string const& name, long x) {
        return x % 10 == 0 ? meet(name, 3) : ::getpid();
    };
    auto const pids = pool.map(partial(begin_together, meeting.name()), numbers(30), {.chunksize = 10});
    EXPECT_EQ(std::set<pid_t>(pids.begin(), pids.end()).size(), 3U);
}

TEST(PoolMap, retries_what_throws) {
    Tally runs;
    auto const second_time = [](std::string const& name, long x) {
        if (x != 5) return x;
        Tally::add(name);
        if (Tally::count(name) < 3) throw std::runtime_error("try again");
        return 1000 + Tally::count(name);
    };
    auto pool = context().pool({.retries = 2});
    auto const outcomes = pool.try_map(partial(second_time, runs.name()), numbers(10));
    EXPECT_EQ(outcomes[5].value(), 1003);
    EXPECT_EQ(outcomes[5].attempts(), 3U);
    EXPECT_EQ(outcomes[4].attempts(), 1U);
    Tally more;
    auto fewer = context().pool({.retries = 1});
    auto const error =
        thrown<RemoteError>([&] { fewer.map(partial(second_time, more.name()), numbers(10)); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message(), "try again");
    EXPECT_EQ(more.count(), 2);
}

TEST(PoolTryMap, tells_where_and_how_long) {
    auto pool = context().pool();
    auto const task = [](long x) {
        if (x == 3) throw std::length_error("three");
        if (x == 4) std::this_thread::sleep_for(30ms);
        return current_process().rank();
    };
    auto const outcomes = pool.try_map(task, numbers(10));
    ASSERT_EQ(outcomes.size(), 10U);
    for (std::size_t x = 0; x < 10; ++x) {
        EXPECT_EQ(outcomes[x].has_value(), x != 3);
        EXPECT_EQ(outcomes[x].host(), current_process().host());
        EXPECT_EQ(outcomes[x].attempts(), 1U);
        if (outcomes[x]) {
            EXPECT_EQ(outcomes[x].value(), outcomes[x].rank());
        }
    }
    EXPECT_GE(outcomes[4].elapsed(), 30ms);
    EXPECT_LT(outcomes[4].elapsed(), 5s);
    EXPECT_THROW((void)outcomes[3].value(), RemoteError);
    EXPECT_THROW((void)outcomes[2].error(), UsageError);
}

TEST(PoolMap, throws_the_failure_with_the_lowest_index) {
    auto pool = context().pool();
    auto const task = [](long x) {
        if (x == 10) std::this_thread::sleep_for(50ms);
        if (x >= 10) throw x;
        return x;
    };
    for (std::size_t const chunksize : std::vector<std::size_t>{0, 1, 7}) {
        auto const error =
            thrown<RemoteError>([&] { pool.map(task, numbers(100), {.chunksize = chunksize}); });
        ASSERT_TRUE(error);
        EXPECT_EQ(error->input_index(), 10U);
        EXPECT_EQ(error->message(), "not a std::exception, so there is no text");
        EXPECT_EQ(error->type_name(), "long");
    }
}

TEST(PoolMap, random_streams_are_the_same_for_any_number_of_workers) {
    auto const draw = [](std::uint64_t task) {
        auto stream = random_stream(42, task);
        std::vector<std::uint64_t> numbers;
        for (int i = 0; i < 5; ++i) numbers.push_back(stream());
        return numbers;
    };
    std::vector<std::vector<std::uint64_t>> expected;
    for (std::uint64_t task = 0; task < 200; ++task) expected.push_back(draw(task));
    for (long const workers : {1, 2, 5}) {
        auto pool = context().pool(workers);
        EXPECT_EQ(pool.map(draw, Counted{200}), expected);
    }
    EXPECT_NE(expected[0], expected[1]);
    // The published number: the same in runs with any number of ranks.
    EXPECT_EQ(context().pool().apply([] { return random_stream(0, 0)(); }), 0xe169c58d6627e8d5U);
}

}  // namespace
}  // namespace rankpool
