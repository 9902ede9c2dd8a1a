// SPDX-License-Identifier: MIT
// One test per behaviour that CPython's Lib/test/_test_multiprocessing.py asserts of Pool, named as there.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <ranges>

namespace rankpool {
namespace {

using namespace support;

double weigh(double x, long y) {
    return 2 * x + static_cast<double>(y);
}
long add(long a, long b) {
    return a + b;
}
Stubborn give_back(Stubborn const& value) {
    return value;
}
Stubborn refuse(long x) {
    return {Stubborn::Mood::no_save, x};
}
long fail_on_multiples_of_3(long x) {
    if (x % 3 == 0) throw std::out_of_range("bad " + std::to_string(x));
    return x;
}

TEST(ConformancePool, test_apply) {
    auto pool = context().pool();
    EXPECT_EQ(pool.apply<square>(5), 25);
    EXPECT_EQ(pool.apply<weigh>(1.5, 2), 5);
}

TEST(ConformancePool, test_map) {
    auto pool = context().pool();
    EXPECT_EQ(pool.map<square>(numbers(10)), squares(10));
    for (std::size_t const chunksize : std::vector<std::size_t>{1, 2, 7, 20, 100, 1000}) {
        EXPECT_EQ(pool.map<square>(numbers(100), {.chunksize = chunksize}), squares(100)) << chunksize;
    }
}

TEST(ConformancePool, test_starmap) {
    auto pool = context().pool();
    std::vector<std::tuple<long, long>> pairs;
    std::vector<long> sums;
    for (long x = 0; x < 100; ++x) {
        pairs.emplace_back(x, 99 - 2 * x);
        sums.push_back(99 - x);
    }
    EXPECT_EQ(pool.starmap<add>(pairs), sums);
    EXPECT_EQ(pool.starmap<add>(pairs, {.chunksize = 20}), sums);
}

TEST(ConformancePool, test_starmap_async) {
    auto pool = context().pool();
    std::vector<std::pair<long, long>> const pairs{{1, 2}, {3, 4}, {5, 6}};
    EXPECT_EQ(pool.starmap_async<add>(pairs).get(), (std::vector<long>{3, 7, 11}));
}

TEST(ConformancePool, test_map_async) {
    auto pool = context().pool();
    EXPECT_EQ(pool.map_async<square>(numbers(10)).get(), squares(10));
}

TEST(ConformancePool, test_map_async_callbacks) {
    auto pool = context().pool();
    std::vector<std::vector<long>> given;
    std::vector<std::string> errors;
    MapOptions const options{
        .callback = [&](std::vector<long> const& all) { given.push_back(all); },
        .error_callback = [&](Error const& error) { errors.emplace_back(error.what()); }};
    pool.map_async<square>(numbers(10), options).wait();
    EXPECT_EQ(given, std::vector<std::vector<long>>{squares(10)});
    EXPECT_TRUE(errors.empty());
    pool.map_async<fail_on_multiples_of_3>(numbers(10), options).wait();
    EXPECT_EQ(given.size(), 1U);
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_NE(errors[0].find("bad 0"), std::string::npos) << errors[0];
}

TEST(ConformancePool, test_map_unpicklable) {
    auto pool = context().pool();
    std::vector<Stubborn> values(10);
    values[7].mood = Stubborn::Mood::no_save;
    EXPECT_THROW(pool.map<give_back>(values), SerializationError);
    EXPECT_EQ(pool.apply<square>(3), 9);
}

TEST(ConformancePool, test_map_chunksize) {
    auto pool = context().pool();
    auto const result = pool.map_async<square>(std::vector<long>{}, {.chunksize = 1});
    EXPECT_TRUE(result.get(10s).empty());
}

TEST(ConformancePool, test_map_handle_iterable_exception) {
    auto pool = context().pool();
    for (long const bad : {0, 3}) {
        for (std::size_t const chunksize : std::vector<std::size_t>{0, 1, 10}) {
            auto const error = thrown<std::domain_error>(
                [&] { pool.map<square>(numbers_until(bad), {.chunksize = chunksize}); });
            ASSERT_TRUE(error) << bad << ' ' << chunksize;
            EXPECT_EQ(error->what(), "no number " + std::to_string(bad));
        }
    }
    EXPECT_EQ(pool.map<square>(numbers(10)), squares(10));
}

TEST(ConformancePool, test_async) {
    auto pool = context().pool();
    Tally gate;
    auto const result = pool.apply_async(
        [](std::string const& name, long x) {
            Tally::wait_for(name, 1);
            return x * x;
        },
        gate.name(), 7L);
    EXPECT_FALSE(result.ready());
    gate.add();
    EXPECT_EQ(result.get(), 49);
}

TEST(ConformancePool, test_async_timeout) {
    auto pool = context().pool();
    Tally gate;
    auto const result =
        pool.apply_async([](std::string const& name) { Tally::wait_for(name, 1); }, gate.name());
    auto const begin = Clock::now();
    EXPECT_THROW(result.get(100ms), TimeoutError);
    EXPECT_GE(Clock::now() - begin, 100ms);
    EXPECT_LT(Clock::now() - begin, 5s);
    gate.add();
    EXPECT_NO_THROW(result.get());
}

TEST(ConformancePool, test_imap) {
    auto pool = context().pool();
    auto few = pool.imap<square>(numbers(10));
    for (long x = 0; x < 10; ++x) EXPECT_EQ(few.next(), x * x);
    EXPECT_FALSE(few.next().has_value());
    std::vector<long> all;
    for (long const y : pool.imap<square>(numbers(1000), {.chunksize = 100})) all.push_back(y);
    EXPECT_EQ(all, squares(1000));
}

// Python's test_map_chunksize of futures, and mpi4py's: also chunks of more than there is.
TEST(ConformancePool, test_imap_chunksize) {
    auto pool = context().pool();
    for (long const count : {1, 10, 1500}) {
        for (std::size_t const chunksize : std::vector<std::size_t>{1, 400, 1000, 20'000}) {
            std::vector<long> all;
            for (long const y : pool.imap<square>(numbers(count), {.chunksize = chunksize})) all.push_back(y);
            EXPECT_EQ(all, squares(count)) << chunksize;
        }
    }
}

std::vector<char> megabyte(long x) {
    return std::vector<char>(1U << 20U, static_cast<char>(x));
}

TEST(ConformancePool, test_imap_of_large_results_by_chunks) {
    auto pool = context().pool(2);
    long next = 0;
    // Two chunks of more than the memory for results that wait.
    for (auto const& result : pool.imap<megabyte>(numbers(140), {.chunksize = 70})) {
        EXPECT_EQ(result.back(), static_cast<char>(next++));
    }
    EXPECT_EQ(next, 140);
}

TEST(ConformancePool, test_imap_handle_iterable_exception) {
    auto pool = context().pool();
    for (long const bad : {0, 3, 10}) {
        for (std::size_t const chunksize : std::vector<std::size_t>{0, 1, 2}) {
            auto results = pool.imap<square>(numbers_until(bad), {.chunksize = chunksize});
            for (long x = 0; x < bad; ++x) EXPECT_EQ(results.next(), x * x) << bad << ' ' << chunksize;
            EXPECT_THROW(results.next(), std::domain_error) << bad << ' ' << chunksize;
        }
    }
    EXPECT_EQ(pool.apply<square>(3), 9);
}

TEST(ConformancePool, test_imap_unordered) {
    auto pool = context().pool();
    for (std::size_t const chunksize : std::vector<std::size_t>{0, 1, 100}) {
        std::vector<long> all;
        for (long const y : pool.imap_unordered<square>(numbers(1000), {.chunksize = chunksize}))
            all.push_back(y);
        std::ranges::sort(all);
        EXPECT_EQ(all, squares(1000));
    }
}

TEST(ConformancePool, test_imap_unordered_handle_iterable_exception) {
    auto pool = context().pool();
    for (long const bad : {0, 3, 10}) {
        auto results = pool.imap_unordered<square>(numbers_until(bad));
        std::multiset<long> seen;
        EXPECT_THROW(while (auto const y = results.next()) seen.insert(*y), std::domain_error);
        EXPECT_LE(seen.size(), static_cast<std::size_t>(bad));
        for (long const y : seen) {
            EXPECT_EQ(seen.count(y), 1U);
            EXPECT_TRUE(std::ranges::count(squares(bad), y) == 1) << y;
        }
    }
    EXPECT_EQ(pool.apply<square>(3), 9);
}

TEST(ConformancePool, test_make_pool) {
    EXPECT_THROW((void)context().pool(0), UsageError);
    EXPECT_THROW((void)context().pool(-1), UsageError);
    auto pool = context().pool(3);
    EXPECT_EQ(pool.size(), 3U);
    EXPECT_EQ(pids_of(pool).size(), 3U);
    auto many = context().pool(200);
    EXPECT_EQ(pids_of(many).size(), 200U);
}

TEST(ConformancePool, test_terminate) {
    auto pool = context().pool();
    auto const result =
        pool.map_async([](long) { std::this_thread::sleep_for(100ms); }, numbers(10'000), {.chunksize = 1});
    auto const begin = Clock::now();
    pool.terminate();
    pool.join();
    EXPECT_LT(Clock::now() - begin, 5s);
    EXPECT_TRUE(result.ready());
    EXPECT_FALSE(result.successful());
    EXPECT_THROW(result.get(), ClosedError);
}

TEST(ConformancePool, test_empty_iterable) {
    auto pool = context().pool();
    std::vector<long> const none;
    EXPECT_TRUE(pool.map<square>(none).empty());
    EXPECT_TRUE(pool.map_async<square>(none).get().empty());
    EXPECT_FALSE(pool.imap<square>(none).next().has_value());
    EXPECT_FALSE(pool.imap_unordered<square>(none).next().has_value());
}

TEST(ConformancePool, test_context) {
    std::set<pid_t> pids;
    {
        auto pool = context().pool();
        EXPECT_EQ(pool.map<square>(numbers(10)), squares(10));
        pids = pids_of(pool);
        for (pid_t const pid : pids) EXPECT_TRUE(exists(pid));
    }
    EXPECT_FALSE(pids.empty());
    for (pid_t const pid : pids) EXPECT_FALSE(exists(pid));
    auto pool = context().pool();
    pool.terminate();
    EXPECT_THROW(pool.map_async<square>(numbers(10)), UsageError);
}

TEST(ConformancePool, test_traceback) {
    auto pool = context().pool();
    auto const error = thrown<RemoteError>([&] { pool.map<fail_on_multiples_of_3>({1, 2, 3, 4}); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->type_name(), "std::out_of_range");
    EXPECT_EQ(error->message(), "bad 3");
    EXPECT_EQ(error->input_index(), 2U);
    EXPECT_GE(error->rank(), 0);
    EXPECT_LT(error->rank(), context().size());
    EXPECT_EQ(error->host(), current_process().host());
    for (std::string const& part : {std::string{"std::out_of_range"}, std::string{"bad 3"}, error->host(),
                                    "rank " + std::to_string(error->rank())}) {
        EXPECT_NE(std::string{error->what()}.find(part), std::string::npos) << error->what();
    }
    // The caller's own error comes as it is.
    EXPECT_FALSE(thrown<RemoteError>([&] {
        try {
            pool.map<square>(numbers_until(2));
        } catch (std::domain_error const&) {
        }
    }));
}

TEST(ConformancePool, test_map_no_failfast) {
    auto pool = context().pool();
    Tally done;
    auto const late = [](std::string const& name, long x) -> std::string {
        if (x % 10 == 3) throw std::runtime_error(std::string(1 << 20, static_cast<char>('a' + x / 10)));
        if (x == 39) std::this_thread::sleep_for(300ms);
        Tally::add(name);
        return {};
    };
    auto const error = thrown<RemoteError>([&] { pool.map(partial(late, done.name()), numbers(40)); });
    ASSERT_TRUE(error);
    EXPECT_EQ(done.count(), 36);
    EXPECT_EQ(error->input_index(), 3U);
    EXPECT_EQ(error->message(), std::string(1 << 20, 'a'));
}

/// Counts its living copies in this process.
struct Counted {
    Counted() { ++living; }
    Counted(Counted const&) { ++living; }
    Counted& operator=(Counted const&) = default;
    ~Counted() { --living; }

    template <class Archive>
    void serialize(Archive& /*archive*/, unsigned int /*version*/) {}

    static inline long living = 0;
};

TEST(ConformancePool, test_release_task_refs) {
    auto pool = context().pool();
    {
        std::vector<Counted> const values(100);
        auto const results = pool.map([](Counted const& value) { return value; }, values);
        EXPECT_EQ(results.size(), 100U);
        EXPECT_EQ(Counted::living, 200);
    }
    EXPECT_EQ(Counted::living, 0);
    Tally meeting;
    auto const count = [](std::string const& here, long all) {
        meet(here, all);
        return Counted::living;
    };
    std::vector<long> const everyone(pool.size(), static_cast<long>(pool.size()));
    EXPECT_EQ(pool.map(partial(count, meeting.name()), everyone, {.chunksize = 1}),
              std::vector<long>(pool.size(), 0));
}

TEST(ConformancePool, test_async_error_callback) {
    auto pool = context().pool();
    std::vector<std::string> errors;
    auto const result = pool.map_async<fail_on_multiples_of_3>(
        std::vector<long>{0},
        {.error_callback = [&](Error const& error) { errors.emplace_back(error.what()); }});
    EXPECT_THROW(result.get(), RemoteError);
    EXPECT_EQ(errors.size(), 1U);
}

TEST(ConformancePool, test_unpickleable_result) {
    auto pool = context().pool();
    auto const before = pids_of(pool);
    for (int i = 0; i < 20; ++i) {
        std::vector<std::string> errors;
        auto const result = pool.map_async<refuse>(
            std::vector<long>{1},
            {.error_callback = [&](Error const& error) { errors.emplace_back(error.what()); }});
        auto const error = thrown<SerializationError>([&] { result.get(); });
        ASSERT_TRUE(error);
        EXPECT_NE(std::string{error->what()}.find("cannot be saved"), std::string::npos) << error->what();
        EXPECT_EQ(errors.size(), 1U);
    }
    EXPECT_EQ(pids_of(pool), before);
}

int initialized = 0;

TEST(ConformancePool, test_pool_initializer) {
    Tally runs;
    auto pool = context().pool(4, {.initializer = partial(
                                       [](std::string const& name) {
                                           ++initialized;
                                           Tally::add(name);
                                       },
                                       runs.name())});
    EXPECT_EQ(pool.map([](long) { return initialized; }, numbers(100)), std::vector<int>(100, 1));
    pids_of(pool);
    EXPECT_EQ(runs.count(), 4);
    EXPECT_EQ(initialized, 0);
}

TEST(ConformancePool, test_initializer_that_throws) {
    auto pool = context().pool({.initializer = [] { throw std::range_error("no start"); }});
    auto const error = thrown<RemoteError>([&] { pool.map<square>(numbers(10)); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->type_name(), "std::range_error");
    EXPECT_EQ(error->message(), "no start");
}

TEST(ConformancePool, test_pool_worker_lifetime) {
    auto pool = context().pool(3, {.maxtasksperchild = 10});
    auto const before = pids_of(pool);
    auto const pids = pool.map<pid_here>(numbers(100), {.chunksize = 1});
    std::map<pid_t, int> tasks;
    for (pid_t const pid : pids) ++tasks[pid];
    for (auto const& [pid, count] : tasks) EXPECT_LE(count, 10) << pid;
    for (pid_t const pid : pids_of(pool)) EXPECT_FALSE(before.contains(pid));
    EXPECT_EQ(pool.map<square>(numbers(100), {.chunksize = 1}), squares(100));
    EXPECT_THROW((void)context().pool(3, {.maxtasksperchild = 0}), UsageError);
    EXPECT_THROW((void)context().pool(3, {.maxtasksperchild = -1}), UsageError);
}

TEST(ConformancePool, test_pool_worker_killed) {
    auto pool = context().pool();
    Tally deaths;
    auto const die_once = [](std::string const& name, long x) {
        if (x == 17 && Tally::count(name) == 0) {
            Tally::add(name);
            ::kill(::getpid(), SIGKILL);
        }
        return x * x;
    };
    EXPECT_EQ(pool.map(partial(die_once, deaths.name()), numbers(100)), squares(100));
    EXPECT_EQ(deaths.count(), 1);
}

TEST(ConformancePool, test_large_pool) {
    auto pool = context().pool(32);
    auto const all = pool.map<square>(numbers(100'000));
    EXPECT_EQ(std::accumulate(all.begin(), all.end(), 0L), 99'999L * 100'000 * 199'999 / 6);
}

TEST(ConformancePool, test_nested_pool) {
    auto pool = context().pool();
    auto const error = thrown<RemoteError>([&] { pool.apply([] { return context().pool().size(); }); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->type_name(), "rankpool::UsageError");
    EXPECT_NE(error->message().find("cannot make a pool in a task of a pool"), std::string::npos);
}

}  // namespace
}  // namespace rankpool
