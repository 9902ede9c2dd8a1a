// SPDX-License-Identifier: MIT
// No task that has not begun waits while a worker of the pool is idle, and no result behind a task that runs.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

namespace rankpool {
namespace {

using namespace support;

/// So long nothing takes that is not stuck.
constexpr auto long_enough = 60s;

/// `x`; the one that is `late` waits until the gate is open.
long pass(std::string const& gate, long late, long x) {
    if (x == late) Tally::wait_for(gate, 1);
    return x;
}

/// Opens the gate at the end of its scope, so that a test that fails does not hang.
struct Opens {
    Tally& gate;
    ~Opens() { gate.add(); }
};

TEST(PoolBalance, short_calls_do_not_wait_for_a_long_one) {
    for (std::size_t const size : {2U, 3U}) {
        for (long const place : {0L, 1L, 3L, 6L}) {
            auto pool = context().pool(static_cast<long>(size));
            Tally gate;
            std::vector<AsyncResult<long>> results;
            auto const call = partial<pass>(gate.name(), place);
            for (long x = 0; x < 7; ++x) results.push_back(pool.apply_async(call, x));
            {
                Opens const opens{gate};
                for (long x = 0; x < 7; ++x) {
                    if (x == place) continue;
                    ASSERT_EQ(results.at(static_cast<std::size_t>(x)).get(long_enough), x);
                }
            }
            EXPECT_EQ(results.at(static_cast<std::size_t>(place)).get(), place);
        }
    }
}

TEST(PoolBalance, all_but_a_long_task_come_before_it) {
    for (std::size_t const chunksize : {0U, 1U, 10U, 100U}) {
        for (long const late : {0L, 7L, 50L, 99L}) {
            auto pool = context().pool(2);
            Tally gate;
            auto results =
                pool.imap_unordered(partial<pass>(gate.name(), late), numbers(100), {.chunksize = chunksize});
            std::vector<long> seen;
            {
                Opens const opens{gate};
                while (seen.size() < 99) seen.push_back(results.next(long_enough).value());
            }
            ASSERT_EQ(std::ranges::count(seen, late), 0);
            EXPECT_EQ(results.next(), late);
            std::ranges::sort(seen);
            EXPECT_EQ(std::ranges::unique(seen).size(), 0U);
        }
    }
}

TEST(PoolBalance, results_before_a_long_task_of_the_only_worker_come) {
    auto pool = context().pool(1);
    Tally gate;
    auto results = pool.imap(partial<pass>(gate.name(), 9), numbers(20), {.chunksize = 10});
    {
        Opens const opens{gate};
        for (long x = 0; x < 9; ++x) ASSERT_EQ(results.next(long_enough), x);
    }
    for (long x = 9; x < 20; ++x) ASSERT_EQ(results.next(), x);
}

/// The first waits for all others.
long meet_the_rest(std::string const& others, long count, long x) {
    if (x > 0) {
        Tally::add(others);
    } else {
        Tally::wait_for(others, count);
    }
    return x;
}

TEST(PoolBalance, tasks_of_one_chunk_may_wait_for_one_another) {
    auto pool = context().pool(2);
    for (long const n : {2L, 3L, 17L, 500L}) {
        Tally others;
        auto const call = partial<meet_the_rest>(others.name(), n - 1);
        EXPECT_EQ(pool.map(call, numbers(n), {.chunksize = static_cast<std::size_t>(n)}), numbers(n));
    }
}

long talk(Queue<long> out, Queue<long> in, long x) {
    if (x % 2 == 0) {
        out.put(x);
        return in.get();
    }
    long const heard = out.get();
    in.put(heard + 1);
    return heard;
}

TEST(PoolBalance, tasks_that_talk_through_queues_meet) {
    auto pool = context().pool(2);
    for (int round = 0; round < 10; ++round) {
        auto out = context().queue<long>();
        auto in = context().queue<long>();
        auto first = pool.apply_async<talk>(out, in, 0);
        auto second = pool.apply_async<talk>(out, in, 1);
        EXPECT_EQ(first.get(long_enough), 1);
        EXPECT_EQ(second.get(long_enough), 0);
    }
}

/// Counts itself, and takes its time: 0 to 2 ms.
long count_and_take_time(std::string const& tally, long x) {
    Tally::add(tally);
    if (x % 37 == 0) std::this_thread::sleep_for(std::chrono::microseconds{(x * 131) % 2000});
    return x;
}

TEST(PoolBalance, what_is_taken_back_runs_once) {
    long const n = 5000;
    for (std::size_t const chunksize : {0U, 50U, 2500U, 5000U}) {
        auto pool = context().pool(4);
        Tally runs;
        auto const call = partial<count_and_take_time>(runs.name());
        EXPECT_EQ(pool.map(call, numbers(n), {.chunksize = chunksize}), numbers(n));
        EXPECT_EQ(runs.count(), n);
    }
}

// What waits at the home is bounded, and a chunk is handed out when it is whole.
TEST(PoolMap, chunks_of_any_size_pass_where_more_is_read_than_may_wait) {
    auto pool = context().pool();
    long const n = 1'200'000;
    for (std::size_t const chunksize : {64U, 1000U, 1'000'000U}) {
        auto const squares = pool.map<square>(numbers(n), {.chunksize = chunksize});
        ASSERT_EQ(squares.size(), static_cast<std::size_t>(n));
        EXPECT_EQ(squares.back(), (n - 1) * (n - 1)) << chunksize;
    }
}

constexpr auto add = [](long a, long b) { return a + b; };
/// Throws at `bad`; takes its time at the first.
long slow_first(long bad, long x) {
    if (x == 0) std::this_thread::sleep_for(50ms);
    if (x == bad) throw std::domain_error("bad " + std::to_string(x));
    return x;
}

TEST(PoolBalance, a_reduction_whose_chunk_is_cut_is_right) {
    auto pool = context().pool(3);
    for (std::size_t const chunksize : {0U, 100U, 1000U}) {
        EXPECT_EQ(
            (pool.map_reduce(partial<slow_first>(-1), add, numbers(1000), 0L, {.chunksize = chunksize})),
            499'500);
        EXPECT_TRUE(thrown<RemoteError>([&] {
            pool.map_reduce(partial<slow_first>(500), add, numbers(1000), 0L, {.chunksize = chunksize});
        }));
    }
}

pid_t uneven_pid(long x) {
    if (x % 5 == 0) std::this_thread::sleep_for(5ms);
    return ::getpid();
}

TEST(PoolBalance, maxtasksperchild_is_exact) {
    for (long const most : {1L, 3L}) {
        auto pool = context().pool(2, {.maxtasksperchild = most});
        std::map<pid_t, long> tasks;
        for (pid_t const pid : pool.map<uneven_pid>(numbers(30))) ++tasks[pid];
        auto const is_less = [most](auto const& each) { return each.second != most; };
        // The last processes have not come to their end.
        EXPECT_LE(std::ranges::count_if(tasks, is_less), 2);
        for (auto const& [pid, count] : tasks) EXPECT_LE(count, most);
    }
}

long die_late(std::string const& runs, long x) {
    Tally::add(runs);
    if (x == 0) {
        std::this_thread::sleep_for(30ms);
        ::raise(SIGKILL);
    }
    return x;
}

TEST(PoolBalance, a_loss_touches_nothing_that_was_taken_back) {
    auto pool = context().pool(2, {.crash_limit = 2});
    Tally runs;
    auto const outcomes = pool.try_map(partial<die_late>(runs.name()), numbers(200), {.chunksize = 200});
    EXPECT_FALSE(outcomes.front().has_value());
    for (std::size_t x = 1; x < 200; ++x) ASSERT_EQ(outcomes.at(x).value(), static_cast<long>(x));
    EXPECT_EQ(runs.count(), 199 + 2);
}

}  // namespace
}  // namespace rankpool
