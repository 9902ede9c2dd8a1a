// SPDX-License-Identifier: MIT
// Schedule::fixed: equal blocks by scatter, results by gather.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>

namespace rankpool {
namespace {

using namespace support;

MapOptions fixed() {
    return {.schedule = Schedule::fixed};
}

double root(long x) {
    return 1 / (1 + static_cast<double>(x));
}
double add(double a, double b) {
    return a + b;
}
long sum(long a, long b) {
    return a + b;
}

long slowly(long number) {
    std::this_thread::sleep_for(30ms);
    return number;
}

TEST(PoolFixed, gives_what_the_dynamic_schedule_gives) {
    for (long const workers : {1, 2, 3, 7}) {
        auto pool = context().pool(workers);
        for (long const n : {0, 1, 2, 5, 100, 30'000}) {
            ASSERT_EQ(pool.map<square>(numbers(n), fixed()), squares(n)) << workers << ' ' << n;
        }
    }
    auto pool = context().pool();
    EXPECT_EQ(pool.map<square>({1, 2, 3}, fixed()), (std::vector<long>{1, 4, 9}));
    EXPECT_EQ(pool.starmap<sum>(std::vector<std::pair<long, long>>{{1, 2}, {3, 4}}, fixed()),
              (std::vector<long>{3, 7}));
    EXPECT_EQ(pool.map_async<square>(numbers(100), fixed()).get(), squares(100));
}

TEST(PoolFixed, makes_one_block_per_worker_of_equal_size) {
    for (long const workers : {1, 3, 8}) {
        auto pool = context().pool(workers);
        pids_of(pool);
        auto const pids = pool.map<pid_here>(numbers(100), fixed());
        std::map<pid_t, std::size_t> sizes;
        for (pid_t const pid : pids) ++sizes[pid];
        ASSERT_EQ(sizes.size(), static_cast<std::size_t>(workers));
        std::size_t borders = 0;
        for (std::size_t i = 1; i < pids.size(); ++i) borders += pids[i] != pids[i - 1] ? 1U : 0U;
        EXPECT_EQ(borders, sizes.size() - 1) << "each block is one piece";
        auto const [least, most] =
            std::ranges::minmax_element(sizes, {}, [](auto const& entry) { return entry.second; });
        EXPECT_LE(most->second - least->second, 1U);
    }
}

TEST(PoolFixed, goes_on_where_dynamic_calls_do_too) {
    auto pool = context().pool();
    auto const first = pool.map_async<square>(numbers(5000), fixed());
    auto const second = pool.map_async<square>(numbers(3000));
    auto const third = pool.map_async<square>(numbers(2000), fixed());
    EXPECT_EQ(third.get(), squares(2000));
    EXPECT_EQ(second.get(), squares(3000));
    EXPECT_EQ(first.get(), squares(5000));
}

TEST(PoolFixed, throws_the_failure_of_the_lowest_input) {
    auto pool = context().pool();
    auto const task = [](long x) {
        if (x % 30 == 20) throw std::runtime_error("bad " + std::to_string(x));
        return x;
    };
    auto const error = thrown<RemoteError>([&] { pool.map(task, numbers(100), fixed()); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->input_index(), 20U);
    auto const outcomes = pool.try_map(task, numbers(100), fixed());
    for (std::size_t x = 0; x < 100; ++x) {
        ASSERT_EQ(outcomes[x].has_value(), x % 30 != 20);
        if (outcomes[x]) {
            ASSERT_EQ(outcomes[x].value(), static_cast<long>(x));
        }
    }
}

TEST(PoolFixed, survives_the_loss_of_workers) {
    auto pool = context().pool();
    Tally deaths;
    auto const die_once = [](std::string const& name, long x) {
        if (x == 61 && Tally::count(name) == 0) {
            Tally::add(name);
            ::kill(::getpid(), SIGKILL);
        }
        return x * x;
    };
    EXPECT_EQ(pool.map(partial(die_once, deaths.name()), numbers(200), fixed()), squares(200));
    EXPECT_EQ(deaths.count(), 1);
    auto const die = [](long x) {
        if (x == 61) ::kill(::getpid(), SIGKILL);
        return x * x;
    };
    auto const outcomes = pool.try_map(die, numbers(200), fixed());
    for (std::size_t x = 0; x < 200; ++x) ASSERT_EQ(outcomes[x].has_value(), x != 61) << x;
    EXPECT_THROW((void)outcomes[61].value(), WorkerLost);
    EXPECT_EQ(pool.map<square>(numbers(200), fixed()), squares(200));
}

TEST(PoolFixed, a_throwing_input_is_the_callers) {
    auto pool = context().pool();
    for (long const bad : {0, 3, 999}) {
        Counted const inputs{1000, [bad](long x) {
                                 if (x == bad) throw std::domain_error("no number");
                                 return x;
                             }};
        EXPECT_THROW(pool.map<square>(inputs, fixed()), std::domain_error) << bad;
        EXPECT_EQ(pool.map<square>(numbers(20), fixed()), squares(20));
    }
}

TEST(PoolFixed, needs_to_know_the_number_of_inputs) {
    auto pool = context().pool();
    EXPECT_THROW(pool.map<square>(numbers_until(-1), fixed()), UsageError);
    EXPECT_EQ(pool.map<square>(numbers(20), fixed()), squares(20));
}

TEST(PoolFixed, large_values_and_many) {
    auto pool = context().pool();
    auto const fill = [](std::vector<long> const& seed) { return std::vector<long>(300'000, seed.back()); };
    std::vector<std::vector<long>> values;
    for (long x = 0; x < 20; ++x) values.emplace_back(x % 3 == 0 ? 200'000U : 10U, x);
    auto const results = pool.map(fill, values, fixed());
    for (std::size_t x = 0; x < 20; ++x) {
        ASSERT_EQ(results[x].size(), 300'000U);
        ASSERT_EQ(results[x].front(), static_cast<long>(x));
        ASSERT_EQ(results[x].back(), static_cast<long>(x));
    }
    EXPECT_EQ(pool.map<square>(Counted{300'000}, fixed()), squares(300'000));
}

TEST(PoolFixed, reduces_to_the_same_bits) {
    auto dynamic = context().pool(2);
    double const expected = dynamic.map_reduce<root, add>(numbers(5000), 0.5);
    for (long const workers : {1, 2, 5}) {
        auto pool = context().pool(workers);
        double const result = pool.map_reduce<root, add>(numbers(5000), 0.5, fixed());
        EXPECT_EQ(std::bit_cast<std::uint64_t>(result), std::bit_cast<std::uint64_t>(expected));
    }
}

TEST(PoolFixed, of_a_terminated_pool_ends_with_an_error) {
    auto pool = context().pool();
    auto const result = pool.map_async([](long) { ::pause(); }, numbers(100), fixed());
    pool.terminate();
    EXPECT_THROW(result.get(), ClosedError);
    pool.join();
    auto next = context().pool();
    EXPECT_EQ(next.map<square>(numbers(100), fixed()), squares(100));
}

TEST(PoolFixed, imap_gives_all_in_order) {
    auto pool = context().pool();
    long x = 0;
    for (long const y : pool.imap<square>(numbers(1000), fixed())) {
        ASSERT_EQ(y, x * x);
        ++x;
    }
    EXPECT_EQ(x, 1000);
}

// News of a worker's end may be here before its results, which a gather brings.
TEST(PoolFixed, survives_workers_that_end_with_their_block) {
    auto const plus = [](long a, long b) { return a + b; };
    for (int round = 0; round < 100; ++round) {
        auto pool = context().pool(2, {.maxtasksperchild = 1});
        ASSERT_EQ(
            pool.map_reduce(task::Function<square>{}, plus, numbers(6), 0L, {.schedule = Schedule::fixed}),
            55);
    }
}

TEST(PoolFixed, a_call_that_is_let_go_of_leaves_its_workers_free) {
    auto pool = context().pool(3);
    for (int times = 0; times < 3; ++times) {
        auto results = pool.imap<slowly>(numbers(6), fixed());
        EXPECT_THROW(results.next(1ms), TimeoutError);
    }
    auto cancelled = pool.map_async<slowly>(numbers(6), fixed());
    std::this_thread::sleep_for(70ms);
    (void)cancelled.cancel(Kill::yes);
    auto single = pool.apply_async<square>(7);
    single.wait(30s);
    ASSERT_TRUE(single.ready());
    EXPECT_EQ(single.get(), 49);
    EXPECT_EQ(pool.map<square>(numbers(100), {.chunksize = 1}), squares(100));
    EXPECT_EQ(pool.map<square>(numbers(100), fixed()), squares(100));
}

}  // namespace
}  // namespace rankpool
