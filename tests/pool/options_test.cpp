// SPDX-License-Identifier: MIT
// Every option of a pool against every call.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <numeric>

namespace rankpool {
namespace {

using namespace support;

long add(long a, long b) {
    return a + b;
}
long sum_of(std::vector<long> const& values) {
    return std::accumulate(values.begin(), values.end(), 0L);
}

/// A kind of call: the sum of f(x) over all x.
template <class F>
struct Way {
    std::string name;
    std::function<long(Pool&, F const&, std::vector<long> const&)> sum;
};

template <class F>
long sum_by_apply(Pool& pool, F const& f, std::vector<long> const& xs) {
    std::vector<decltype(pool.apply_async(f, 0L))> all;
    for (long const x : xs) all.push_back(pool.apply_async(f, x));
    long sum = 0;
    for (auto& one : all) sum += one.get();
    return sum;
}

template <class Range>
long sum_of_range(Range range) {
    long sum = 0;
    for (long const y : range) sum += y;
    return sum;
}

template <class F>
long sum_of_outcomes(Pool& pool, F const& f, std::vector<long> const& xs) {
    long sum = 0;
    for (auto const& outcome : pool.try_map(f, xs)) sum += outcome.value();
    return sum;
}

template <class F>
std::vector<Way<F>> ways() {
    using Xs = std::vector<long>;
    auto const starmap = [](Pool& pool, F const& f, Xs const& xs) {
        std::vector<std::tuple<long>> tuples(xs.begin(), xs.end());
        return sum_of(pool.starmap(f, tuples));
    };
    return {
        {"map", [](Pool& pool, F const& f, Xs const& xs) { return sum_of(pool.map(f, xs)); }},
        {"map in chunks",
         [](Pool& pool, F const& f, Xs const& xs) { return sum_of(pool.map(f, xs, {.chunksize = 3})); }},
        {"map in fixed blocks",
         [](Pool& pool, F const& f, Xs const& xs) {
             return sum_of(pool.map(f, xs, {.schedule = Schedule::fixed}));
         }},
        {"map_async",
         [](Pool& pool, F const& f, Xs const& xs) { return sum_of(pool.map_async(f, xs).get()); }},
        {"starmap", starmap},
        {"imap", [](Pool& pool, F const& f, Xs const& xs) { return sum_of_range(pool.imap(f, xs)); }},
        {"imap_unordered",
         [](Pool& pool, F const& f, Xs const& xs) { return sum_of_range(pool.imap_unordered(f, xs)); }},
        {"apply", [](Pool& pool, F const& f, Xs const& xs) { return sum_by_apply(pool, f, xs); }},
        {"try_map", [](Pool& pool, F const& f, Xs const& xs) { return sum_of_outcomes(pool, f, xs); }},
        {"map_reduce", [](Pool& pool, F const& f,
                          Xs const& xs) { return pool.map_reduce(f, task::Function<add>{}, xs, 0L); }},
        {"map_reduce in chunks",
         [](Pool& pool, F const& f, Xs const& xs) {
             return pool.map_reduce(f, task::Function<add>{}, xs, 0L, {.chunksize = 3});
         }},
        {"map_reduce in fixed blocks",
         [](Pool& pool, F const& f, Xs const& xs) {
             return pool.map_reduce(f, task::Function<add>{}, xs, 0L, {.schedule = Schedule::fixed});
         }},
    };
}

long fail_twice(std::string const& name, long x) {
    if (x == 5 && Tally::count(name) < 2) {
        Tally::add(name);
        throw std::runtime_error("not yet");
    }
    return x;
}

TEST(PoolOptionsTest, retries_hold_for_every_call) {
    using F = decltype(partial<fail_twice>(std::string{}));
    for (auto const& way : ways<F>()) {
        SCOPED_TRACE(way.name);
        auto patient = context().pool(2, {.retries = 2});
        Tally failures;
        EXPECT_EQ(way.sum(patient, partial<fail_twice>(failures.name()), numbers(10)), 45);
        EXPECT_EQ(failures.count(), 2);
        auto hasty = context().pool(2, {.retries = 1});
        Tally others;
        auto const error =
            thrown<RemoteError>([&] { way.sum(hasty, partial<fail_twice>(others.name()), numbers(10)); });
        ASSERT_TRUE(error);
        EXPECT_EQ(error->message(), "not yet");
        EXPECT_EQ(others.count(), 2);
    }
}

struct AddAtSecondTry {
    std::string name{};
    long operator()(long a, long b) const {
        if (b == 7 && Tally::count(name) == 0) {
            Tally::add(name);
            throw std::runtime_error("not yet");
        }
        return a + b;
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& name;
    }
};

TEST(PoolOptionsTest, a_combination_that_throws_is_tried_again) {
    auto const same = [](long x) { return x; };
    Tally failures;
    auto pool = context().pool(2, {.retries = 1});
    EXPECT_EQ(pool.map_reduce(same, AddAtSecondTry{failures.name()}, numbers(10), 0L, {.chunksize = 10}), 45);
    EXPECT_EQ(failures.count(), 1);
}

long sleep_at_three(long x) {
    if (x == 3) std::this_thread::sleep_for(20s);
    std::this_thread::sleep_for(20ms);
    return x;
}

TEST(PoolOptionsTest, the_timeout_holds_for_every_call_and_for_one_task) {
    using F = task::Function<sleep_at_three>;
    auto pool = context().pool(2, {.timeout = 600ms});
    for (auto const& way : ways<F>()) {
        SCOPED_TRACE(way.name);
        auto const error = thrown<TaskTimeout>([&] { way.sum(pool, F{}, numbers(6)); });
        ASSERT_TRUE(error);
        EXPECT_EQ(error->input_index(), way.name == "apply" ? 0U : 3U);
        // Many short tasks take longer together.
        EXPECT_EQ(way.sum(pool, F{}, std::vector<long>(40, 1)), 40);
    }
}

long die(std::string const& name, long times, long x) {
    if (x == 4 && Tally::count(name) < times) {
        Tally::add(name);
        ::kill(::getpid(), SIGKILL);
    }
    return x;
}

TEST(PoolOptionsTest, the_crash_limit_holds_for_every_call) {
    using F = decltype(partial<die>(std::string{}, 1L));
    auto pool = context().pool(2, {.crash_limit = 2});
    for (auto const& way : ways<F>()) {
        SCOPED_TRACE(way.name);
        Tally once;
        EXPECT_EQ(way.sum(pool, partial<die>(once.name(), 1L), numbers(10)), 45);
        EXPECT_EQ(once.count(), 1);
        Tally always;
        EXPECT_TRUE(
            thrown<WorkerLost>([&] { way.sum(pool, partial<die>(always.name(), 100L), numbers(10)); }));
        EXPECT_EQ(always.count(), 2);
    }
}

long eat_at_two(long x) {
    if (x != 2) return x;
    constexpr std::size_t bytes = std::size_t{256} * 1024 * 1024;
    auto const much = std::make_unique<char[]>(bytes);
    std::memset(much.get(), 1, bytes);
    std::this_thread::sleep_for(20s);
    return much[bytes / 2];
}

TEST(PoolOptionsTest, the_memory_limit_holds_for_every_call) {
    using F = task::Function<eat_at_two>;
    auto pool = context().pool(2, {.memory_limit = std::uint64_t{128} * 1024 * 1024, .crash_limit = 1});
    for (auto const& way : ways<F>()) {
        SCOPED_TRACE(way.name);
        EXPECT_TRUE(thrown<WorkerLost>([&] { way.sum(pool, F{}, numbers(6)); }));
    }
}

/// How many tasks this process has run.
long tasks_here(long /*x*/) {
    static long count = 0;
    return ++count;
}

TEST(PoolOptionsTest, maxtasksperchild_holds_for_every_call) {
    using F = task::Function<tasks_here>;
    for (auto const& way : ways<F>()) {
        SCOPED_TRACE(way.name);
        auto pool = context().pool(2, {.maxtasksperchild = 1});
        long const sum = way.sum(pool, F{}, numbers(6));
        // Of each chunk or block of three the first gives 1, the second 2, the third 3. What is not begun of
        // a chunk may go to a worker that has nothing to do; and a worker that is not there yet when the
        // blocks are cut gets its tasks one by one.
        if (way.name.ends_with("in chunks")) {
            EXPECT_GT(sum, 6);
            EXPECT_LE(sum, 12);
        } else if (way.name.ends_with("in fixed blocks")) {
            EXPECT_LE(sum, 12);
        } else {
            EXPECT_EQ(sum, 6);
        }
    }
}

TEST(PoolOptionsTest, a_pool_that_was_moved_from_says_so) {
    auto pool = context().pool(2);
    auto moved = std::move(pool);
    std::vector<std::function<void()>> const uses{
        [&] { (void)pool.size(); },
        [&] { pool.map<square>(numbers(3)); },
        [&] { pool.apply<square>(1); },
        [&] { (void)pool.apply_async<square>(1); },
        [&] { (void)pool.imap<square>(numbers(3)); },
        [&] { (void)pool.try_map<square>(numbers(3)); },
        [&] { pool.resize(1); },
        [&] { pool.close(); },
        [&] { pool.join(); },
        [&] { pool.terminate(); },
    };
    for (std::size_t i = 0; i < uses.size(); ++i) EXPECT_TRUE(thrown<UsageError>(uses[i])) << i;
    EXPECT_EQ(moved.map<square>(numbers(3)), squares(3));
}

}  // namespace
}  // namespace rankpool
