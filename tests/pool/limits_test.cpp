// SPDX-License-Identifier: MIT
// What PoolOptions promise of the workers.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace rankpool {
namespace {

using namespace support;

std::string prepared;
void prepare(std::string const& name, std::string const& text) {
    Tally::add(name);
    prepared += text;
}

TEST(PoolInitializer, runs_once_in_each_worker_before_its_first_task) {
    Tally runs;
    auto pool = context().pool(3, {.initializer = partial<prepare>(runs.name(), std::string{"ready"})});
    EXPECT_EQ(pool.map([](long) { return prepared; }, numbers(50)), std::vector<std::string>(50, "ready"));
    EXPECT_EQ(pids_of(pool).size(), 3U);
    EXPECT_EQ(runs.count(), 3);
}

TEST(PoolInitializer, runs_again_in_a_replacement) {
    Tally runs;
    auto pool = context().pool(1, {.initializer = partial<prepare>(runs.name(), std::string{"x"})});
    pool.try_map(
        [](long) {
            ::kill(::getpid(), SIGKILL);
            return 0;
        },
        numbers(1));
    EXPECT_EQ(pool.apply([](long) { return prepared; }, 1L), "x");
    EXPECT_EQ(runs.count(), 3);
}

TEST(PoolInitializer, may_have_much_bound) {
    std::string const text(10U << 20U, 'y');
    Tally runs;
    auto pool = context().pool(3, {.initializer = partial<prepare>(runs.name(), text)});
    EXPECT_EQ(pool.map([](long) { return prepared.size(); }, numbers(20)),
              std::vector<std::size_t>(20, text.size()));
}

TEST(PoolInitializer, that_ends_its_worker_makes_the_pool_fail) {
    auto pool = context().pool(2, {.initializer = [] { ::_exit(3); }});
    EXPECT_THROW(pool.map<square>(numbers(10)), Error);
    EXPECT_THROW(pool.map<square>(numbers(10)), Error);
}

TEST(PoolMaxTasks, replaces_workers_after_so_many_tasks) {
    auto pool = context().pool(2, {.maxtasksperchild = 3});
    std::map<pid_t, int> tasks;
    for (pid_t const pid : pool.map<pid_here>(numbers(60), {.chunksize = 1})) ++tasks[pid];
    EXPECT_GE(tasks.size(), 20U);
    for (auto const& [pid, count] : tasks) EXPECT_LE(count, 3);
}

TEST(PoolMaxTasks, counts_chunks_where_there_are_any) {
    auto pool = context().pool(2, {.maxtasksperchild = 2});
    std::map<pid_t, int> tasks;
    for (pid_t const pid : pool.map<pid_here>(numbers(120), {.chunksize = 10})) ++tasks[pid];
    EXPECT_GE(tasks.size(), 6U);
    for (auto const& [pid, count] : tasks) EXPECT_LE(count, 20);
}

TEST(PoolMaxTasks, of_one_makes_a_process_per_task) {
    auto pool = context().pool({.maxtasksperchild = 1});
    auto const pids = pool.map<pid_here>(numbers(40), {.chunksize = 1});
    EXPECT_EQ(std::set<pid_t>(pids.begin(), pids.end()).size(), 40U);
}

TEST(PoolTimeout, ends_the_task_and_not_its_neighbours) {
    auto pool = context().pool({.timeout = 300ms});
    auto const hang = [](long x) {
        if (x == 7) {
            for (;;) ::pause();
        }
        return x * x;
    };
    auto const begin = Clock::now();
    auto const outcomes = pool.try_map(hang, numbers(50));
    EXPECT_GE(Clock::now() - begin, 300ms);
    EXPECT_LT(Clock::now() - begin, 10s);
    for (std::size_t x = 0; x < 50; ++x) ASSERT_EQ(outcomes[x].has_value(), x != 7);
    auto const* error = dynamic_cast<TaskTimeout const*>(&outcomes[7].error());
    ASSERT_TRUE(error);
    EXPECT_EQ(error->input_index(), 7U);
}

TEST(PoolTimeout, ends_a_task_that_ignores_sigterm) {
    auto pool = context().pool({.timeout = 200ms});
    auto const stubborn = [](long x) {
        ::signal(SIGTERM, SIG_IGN);
        for (;;) ::pause();
        return x;
    };
    EXPECT_THROW(pool.map(stubborn, numbers(1)), TaskTimeout);
    EXPECT_EQ(pool.apply<square>(4), 16);
}

TEST(PoolTimeout, is_per_task_and_not_per_call) {
    auto pool = context().pool(1, {.timeout = 400ms});
    auto const nap = [](long x) {
        std::this_thread::sleep_for(30ms);
        return x;
    };
    EXPECT_EQ(pool.map(nap, numbers(20)), numbers(20));
}

TEST(PoolTimeout, below_zero_is_an_error) {
    EXPECT_THROW((void)context().pool(2, {.timeout = -1s}), UsageError);
}

TEST(PoolMemoryLimit, ends_the_task_that_goes_over_it) {
    constexpr std::uint64_t limit = 256U << 20U;
    auto pool = context().pool({.memory_limit = limit});
    auto const hoard = [](long x) {
        if (x != 9) return x;
        constexpr std::size_t piece = 4U << 20U;
        for (std::uint64_t held = 0; held < 8 * limit; held += piece) {
            auto* const memory = static_cast<char volatile*>(std::malloc(piece));
            for (std::size_t i = 0; i < piece; i += 4096) memory[i] = 1;
            std::this_thread::sleep_for(1ms);
        }
        return x;
    };
    auto const outcomes = pool.try_map(hoard, numbers(30));
    for (std::size_t x = 0; x < 30; ++x) ASSERT_EQ(outcomes[x].has_value(), x != 9);
    auto const* error = dynamic_cast<WorkerLost const*>(&outcomes[9].error());
    ASSERT_TRUE(error);
    EXPECT_NE(std::string{error->what()}.find("memory limit"), std::string::npos) << error->what();
}

TEST(PoolCrashLimit, is_the_number_of_workers_a_task_may_take) {
    for (unsigned const limit : {1U, 2U, 4U}) {
        Tally deaths;
        auto pool = context().pool({.crash_limit = limit});
        auto const die = [](std::string const& name, long x) {
            if (x == 5) {
                Tally::add(name);
                ::kill(::getpid(), SIGKILL);
            }
            return x;
        };
        auto const outcomes = pool.try_map(partial(die, deaths.name()), numbers(20));
        EXPECT_EQ(deaths.count(), limit);
        EXPECT_EQ(outcomes[5].attempts(), limit);
        EXPECT_TRUE(dynamic_cast<WorkerLost const*>(&outcomes[5].error()));
    }
}

TEST(PoolCrashes, of_many_tasks_spoil_no_other) {
    auto pool = context().pool();
    auto const die = [](long x) {
        if (x % 10 == 3) ::kill(::getpid(), SIGKILL);
        return x * x;
    };
    auto const outcomes = pool.try_map(die, numbers(100));
    for (long x = 0; x < 100; ++x) {
        auto const& outcome = outcomes[static_cast<std::size_t>(x)];
        ASSERT_EQ(outcome.has_value(), x % 10 != 3) << x;
        if (outcome) {
            EXPECT_EQ(outcome.value(), x * x);
        }
    }
}

TEST(PoolCrashes, an_idle_workers_death_goes_unnoticed) {
    auto pool = context().pool();
    for (pid_t const pid : pids_of(pool)) ::kill(pid, SIGKILL);
    EXPECT_EQ(pool.map<square>(numbers(100)), squares(100));
    EXPECT_EQ(pids_of(pool).size(), pool.size());
}

std::string give_and_send(Event event, long /*number*/) {
    (void)event.is_set();
    return std::string(50'000, 'r');
}

TEST(PoolTimeout, an_owner_that_takes_nothing_costs_no_task_its_time) {
    auto pool = context().pool(2, {.timeout = 300ms});
    auto const event = context().event();
    auto results = pool.map_async(partial<give_and_send>(event), numbers(200), {.chunksize = 1});
    std::this_thread::sleep_for(1200ms);
    EXPECT_EQ(results.get().size(), 200U);
}

}  // namespace
}  // namespace rankpool
