// SPDX-License-Identifier: MIT
// One test per behaviour that the tests of Python's concurrent.futures assert of executors and their end,
// named as there.
#include "tests/conformance/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;
using testing::ElementsAre;

/// Counts the copies in this process.
struct Kept {
    static inline int copies = 0;
    Kept() { ++copies; }
    Kept(Kept const& /*other*/) { ++copies; }
    Kept& operator=(Kept const&) = default;
    ~Kept() { --copies; }
    template <class Archive>
    void serialize(Archive& /*archive*/, unsigned int /*version*/) {}
};
Kept make_kept(long /*x*/) {
    return {};
}
long look_at(Kept const& /*kept*/) {
    return 1;
}

TEST(ConformanceExecutor, test_free_reference) {
    auto pool = context().pool();
    int seen = 0;
    auto results = pool.imap<make_kept>(numbers(10));
    while (true) {
        {
            auto const next = results.next();
            if (!next) break;
            ++seen;
        }
        // Those that wait to be taken may be there as well.
        EXPECT_LE(Kept::copies, 10 - seen);
    }
    EXPECT_EQ(seen, 10);
    EXPECT_EQ(Kept::copies, 0);
}

TEST(ConformanceExecutor, test_free_reference_yielded_future) {
    auto pool = context().pool();
    std::vector<AsyncResult<Kept>> results;
    for (long i = 0; i < 10; ++i) results.push_back(pool.apply_async<make_kept>(i));
    std::vector<std::optional<AsyncResult<Kept>>> held(results.begin(), results.end());
    {
        auto order = as_completed(results);
        for (std::size_t const i : order) EXPECT_TRUE(held[i]->ready());
    }
    EXPECT_EQ(Kept::copies, 10);
    results.clear();
    for (std::size_t i = 0; i < held.size(); ++i) {
        held[i].reset();
        EXPECT_EQ(Kept::copies, static_cast<int>(held.size() - i - 1));
    }
}

TEST(ConformanceExecutor, test_no_stale_references) {
    auto pool = context().pool();
    {
        Kept const argument;
        auto const result = pool.apply_async<look_at>(argument);
        result.wait();
        EXPECT_EQ(Kept::copies, 1);
    }
    EXPECT_EQ(Kept::copies, 0);
}

TEST(ConformanceExecutor, test_map_exception) {
    auto pool = context().pool();
    auto results = pool.istarmap<divide>({std::pair{1L, 1L}, {4L, 2L}, {3L, 0L}, {9L, 3L}});
    EXPECT_EQ(results.next(), 1);
    EXPECT_EQ(results.next(), 2);
    auto const error = thrown<RemoteError>([&] { (void)results.next(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message(), "division by zero");
    EXPECT_EQ(error->input_index(), 2U);
    // Python's iterator ends here.
    EXPECT_EQ(results.next(), 3);
    EXPECT_FALSE(results.next());
}

long wait_unless_0(std::string const& gate, long x) {
    if (x != 0) Tally::wait_for(gate, 1);
    return x;
}

TEST(ConformanceExecutor, test_map_timeout) {
    auto pool = context().pool();
    for (bool const in_order : {true, false}) {
        Tally gate;
        auto const task = partial<wait_unless_0>(gate.name());
        auto results = in_order ? pool.imap(task, {0L, 0L, 1L}, {.chunksize = 1})
                                : pool.imap_unordered(task, {0L, 0L, 1L}, {.chunksize = 1});
        EXPECT_EQ(results.next(60s), 0);
        EXPECT_EQ(results.next(60s), 0);
        EXPECT_THROW((void)results.next(10ms), TimeoutError);
        EXPECT_THROW((void)results.next(0s), TimeoutError);
        gate.add();
        EXPECT_EQ(results.next(60s), 1);
        EXPECT_FALSE(results.next(60s));
    }
}

TEST(ConformanceExecutor, test_map_unordered_exception) {
    auto pool = context().pool();
    auto results = pool.imap_unordered<one_over>({1L, 0L, -1L});
    std::multiset<long> good;
    int bad = 0;
    while (true) {
        try {
            auto const next = results.next();
            if (!next) break;
            good.insert(*next);
        } catch (RemoteError const& error) {
            EXPECT_EQ(error.input_index(), 1U);
            ++bad;
        }
    }
    EXPECT_THAT(good, ElementsAre(-1, 1));
    EXPECT_EQ(bad, 1);
}

TEST(ConformanceExecutor, test_starmap_chunksize) {
    auto pool = context().pool();
    std::vector<std::pair<long, long>> pairs;
    std::vector<long> expected;
    for (long i = 1; i <= 100; ++i) {
        pairs.emplace_back(7 * i, i);
        expected.push_back(7);
    }
    for (std::size_t const chunksize : std::vector<std::size_t>{0, 1, 3, 100, 1000}) {
        EXPECT_EQ(pool.starmap<divide>(pairs, {.chunksize = chunksize}), expected) << chunksize;
        EXPECT_EQ(pool.starmap_async<divide>(pairs, {.chunksize = chunksize}).get(), expected) << chunksize;
        std::vector<long> found;
        for (long const x : pool.istarmap<divide>(pairs, {.chunksize = chunksize})) found.push_back(x);
        EXPECT_EQ(found, expected) << chunksize;
    }
    EXPECT_TRUE(pool.starmap<divide>(std::vector<std::pair<long, long>>{}).empty());
    EXPECT_TRUE(pool.starmap_async<divide>(std::vector<std::pair<long, long>>{}).get().empty());
}

TEST(ConformanceExecutor, test_swallows_falsey_exceptions) {
    auto pool = context().pool();
    auto const result = pool.apply_async<fail_without_words>(1L);
    auto const error = thrown<RemoteError>([&] { (void)result.get(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message(), "");
    EXPECT_TRUE(result.exception());
    EXPECT_FALSE(result.successful());
}

TEST(ConformanceExecutor, test_shutdown_race_issue12456) {
    for (int i = 0; i < 3; ++i) {
        auto pool = context().pool();
        auto const result = pool.map_async<square>(numbers(10));
        pool.close();
        pool.join();
        EXPECT_EQ(result.get(), squares(10));
    }
}

long most_at_once(std::string const& running, std::string const& gate, long x) {
    Tally::add(running);
    Tally::wait_for(gate, 1);
    return x;
}

TEST(ConformanceExecutor, test_saturation) {
    auto pool = context().pool(3);
    Tally running;
    Tally gate;
    std::vector<AsyncResult<long>> all;
    for (long i = 0; i < 45; ++i) {
        all.push_back(pool.apply_async<most_at_once>(running.name(), gate.name(), i));
    }
    running.wait_for(3);
    EXPECT_FALSE(all[20].ready());
    EXPECT_EQ(running.count(), 3);
    gate.add();
    EXPECT_EQ(wait(all).done.size(), 45U);
    EXPECT_EQ(pool.size(), 3U);
}

TEST(ConformanceShutdown, test_run_after_shutdown) {
    auto pool = context().pool();
    pool.close();
    EXPECT_THROW((void)pool.apply_async<square>(2L), UsageError);
    EXPECT_THROW((void)pool.imap<square>({2L}), UsageError);
    pool.close();
    pool.join();
    pool.join();
}

TEST(ConformanceShutdown, test_hang_issue12364) {
    auto pool = context().pool();
    std::vector<AsyncResult<long>> all;
    for (int i = 0; i < 50; ++i) all.push_back(pool.apply_async<nap>(2L));
    pool.close();
    pool.join();
    for (auto const& result : all) EXPECT_EQ(result.get(), 2);
}

TEST(ConformanceShutdown, test_shutdown_no_wait) {
    auto pool = context().pool();
    auto const result = pool.map_async<square>(numbers(20));
    pool.close();
    EXPECT_EQ(result.get(), squares(20));
}

// Python's shutdown(cancel_futures=True): what has not begun is cancelled, what has ends well.
TEST(ConformanceShutdown, test_cancel_futures) {
    Tally ran;
    BusyPool all{2};
    std::vector const begun{all.running(1), all.running(2)};
    std::vector<AsyncResult<long>> later;
    for (long i = 0; i < 20; ++i) later.push_back(all.pool.apply_async<count>(ran.name(), i));
    all.pool.close();
    for (auto const& result : later) EXPECT_TRUE(result.cancel());
    all.gate.add();
    all.pool.join();
    EXPECT_EQ(begun[0].get(), 1);
    EXPECT_EQ(begun[1].get(), 2);
    for (auto const& result : later) EXPECT_THROW((void)result.get(), CancelledError);
    EXPECT_EQ(ran.count(), 0);
}

TEST(ConformanceShutdown, test_shutdown_cancel_of_some) {
    BusyPool all{1};
    auto const begun = all.running(1);
    std::vector<AsyncResult<long>> later;
    for (long i = 0; i < 10; ++i) later.push_back(all.pool.apply_async<square>(i));
    for (std::size_t i = 0; i < later.size(); i += 2) EXPECT_TRUE(later[i].cancel());
    all.pool.close();
    all.gate.add();
    all.pool.join();
    for (std::size_t i = 1; i < later.size(); i += 2) EXPECT_EQ(later[i].get(), static_cast<long>(i * i));
    for (std::size_t i = 0; i < later.size(); i += 2) EXPECT_TRUE(later[i].cancelled());
}

TEST(ConformanceShutdown, test_del_shutdown) {
    std::optional<AsyncResult<long>> kept;
    {
        auto pool = context().pool();
        kept = pool.apply_async<square>(9L);
        kept->wait();
    }
    EXPECT_EQ(kept->get(), 81);
}

TEST(ConformanceShutdown, test_shutdown_deadlock) {
    auto pool = context().pool(2);
    auto const lost = pool.apply_async(
        [](long x) -> long {
            die();
            return x;
        },
        1L);
    pool.close();
    pool.join();
    EXPECT_THROW((void)lost.get(), WorkerLost);
}

TEST(ConformanceShutdown, test_shutdown_deadlock_pickle) {
    for (int i = 0; i < 3; ++i) {
        auto pool = context().pool(2);
        auto const bad = pool.apply_async<give_back>(Stubborn{Stubborn::Mood::no_save, 1});
        pool.close();
        pool.join();
        EXPECT_THROW((void)bad.get(), SerializationError);
    }
}

TEST(ConformanceShutdown, test_shutdown_gh_132969) {
    for (long const workers : {1, 4}) {
        auto pool = context().pool(workers, {.maxtasksperchild = 1});
        auto const good = pool.map_async<square>(numbers(8));
        auto const bad = pool.apply_async<fail>(1L);
        EXPECT_THROW((void)bad.get(), RemoteError);
        EXPECT_EQ(good.get(), squares(8));
        pool.close();
        pool.join();
    }
}

TEST(ConformanceShutdown, test_max_tasks_early_shutdown) {
    auto pool = context().pool(3, {.maxtasksperchild = 1});
    std::vector<AsyncResult<long>> all;
    for (long i = 0; i < 6; ++i) all.push_back(pool.apply_async<square>(i));
    pool.close();
    pool.join();
    for (long i = 0; i < 6; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].get(), i * i);
}

// billiard's test_raises and test_graceful_shutdown_delivers_results.
TEST(ConformanceShutdown, test_graceful_shutdown_delivers_results) {
    auto pool = context().pool();
    auto const result = pool.map_async<square>(numbers(50));
    pool.close();
    pool.join();
    pool.terminate();
    pool.join();
    EXPECT_EQ(result.get(), squares(50));
}

}  // namespace
}  // namespace rankpool
