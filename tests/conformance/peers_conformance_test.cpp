// SPDX-License-Identifier: MIT
// One test per behaviour that the tests of mpi4py's futures and of loky assert, named as there.
#include "tests/conformance/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;
using testing::ElementsAre;

// mpi4py's test_submit_cancel.
TEST(ConformanceSubmit, test_submit_cancel) {
    BusyPool all{1};
    auto const first = all.running(1);
    auto const second = all.pool.apply_async<square>(2L);
    EXPECT_FALSE(first.cancel());
    EXPECT_TRUE(second.cancel());
    all.gate.add();
    EXPECT_EQ(first.get(), 1);
    EXPECT_THROW((void)second.get(), CancelledError);
}

TEST(ConformanceSubmit, test_shared_executors) {
    std::vector<Pool> pools;
    for (int i = 0; i < 8; ++i) pools.push_back(context().pool(1));
    std::vector<AsyncResult<long>> all;
    for (long i = 0; i < 32; ++i) {
        all.push_back(pools[static_cast<std::size_t>(i) % pools.size()].apply_async<square>(i));
    }
    for (long i = 0; i < 32; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].get(), i * i);
}

// loky's test_submit_from_callback.
TEST(ConformanceSubmit, test_submit_from_callback) {
    auto pool = context().pool();
    std::vector<AsyncResult<long>> later;
    auto const first = pool.apply_async<square>(2L);
    first.add_done_callback([&](AsyncResult<long> const& done) {
        for (int i = 0; i < 5; ++i) later.push_back(pool.apply_async<square>(done.get() + i));
    });
    first.wait();
    ASSERT_EQ(later.size(), 5U);
    for (long i = 0; i < 5; ++i) EXPECT_EQ(later[static_cast<std::size_t>(i)].get(), (4 + i) * (4 + i));
}

// loky's test_in_callback_submit_with_crash.
TEST(ConformanceSubmit, test_in_callback_submit_with_crash) {
    auto pool = context().pool(2);
    std::vector<AsyncResult<long>> later;
    auto const first = pool.apply_async<square>(2L);
    first.add_done_callback([&] {
        later.push_back(pool.apply_async(
            [](long x) -> long {
                die();
                return x;
            },
            1L));
    });
    first.wait();
    ASSERT_EQ(later.size(), 1U);
    EXPECT_THROW((void)later[0].get(), WorkerLost);
    EXPECT_EQ(pool.apply<square>(3L), 9);
}

// loky's test_queue_full_deadlock.
TEST(ConformanceSubmit, test_queue_full_deadlock) {
    auto pool = context().pool(1);
    std::vector<AsyncResult<Stubborn>> all;
    for (long i = 0; i < 100; ++i) {
        all.push_back(pool.apply_async<give_back>(Stubborn{Stubborn::Mood::no_save, i}));
        all.push_back(pool.apply_async<give_back>(Stubborn{Stubborn::Mood::fine, i}));
    }
    for (std::size_t i = 0; i < all.size(); i += 2) {
        EXPECT_THROW((void)all[i].get(), SerializationError);
        EXPECT_EQ(all[i + 1].get().number, static_cast<long>(i / 2));
    }
}

// loky's test_call_item_gc_crash_or_exit.
struct EndsItsWorker {
    pid_t maker = ::getpid();
    EndsItsWorker() = default;
    EndsItsWorker(EndsItsWorker const&) = default;
    EndsItsWorker& operator=(EndsItsWorker const&) = default;
    ~EndsItsWorker() {
        if (maker != ::getpid()) die();
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& maker;
    }
};
long take_it(EndsItsWorker const& /*argument*/) {
    return 1;
}
TEST(ConformanceSubmit, test_call_item_gc_crash_or_exit) {
    auto pool = context().pool(1);
    auto const result = pool.apply_async<take_it>(EndsItsWorker{});
    // Its value may have been written before the worker died of letting go of the argument.
    try {
        EXPECT_EQ(result.get(), 1);
    } catch (WorkerLost const&) {
    }
    EXPECT_EQ(pool.apply<square>(3L), 9);
}

// mpi4py's ThenTest: what is asked for behind a call.
TEST(ConformanceThen, test_cancel_base) {
    BusyPool all{1};
    auto const jam = all.running();
    auto const base = all.pool.apply_async<square>(2L);
    auto const next = base.then<square>();
    EXPECT_TRUE(base.cancel());
    EXPECT_THROW((void)next.get(), CancelledError);
    EXPECT_TRUE(next.cancelled());
}

TEST(ConformanceThen, test_cancel_new) {
    BusyPool all{1};
    auto const jam = all.running();
    auto const base = all.pool.apply_async<square>(2L);
    auto const next = base.then<square>();
    EXPECT_TRUE(next.cancel());
    EXPECT_FALSE(base.cancelled());
    all.gate.add();
    EXPECT_EQ(base.get(), 4);
    EXPECT_THROW((void)next.get(), CancelledError);
}

TEST(ConformanceThen, test_then_multiple) {
    auto pool = context().pool();
    auto const base = pool.apply_async<square>(2L);
    std::vector<AsyncResult<long>> all;
    for (int i = 0; i < 5; ++i) all.push_back(base.then<square>());
    for (auto const& next : all) EXPECT_EQ(next.get(), 16);
    EXPECT_EQ(base.get(), 4);
}

TEST(ConformanceThen, test_success_callback_and_success) {
    auto pool = context().pool();
    EXPECT_EQ(pool.apply_async<square>(3L).then<divide>(2L).get(), 4);
}

TEST(ConformanceThen, test_success_callback_and_failure_raised) {
    auto pool = context().pool();
    auto const next = pool.apply_async<square>(3L).then<divide>(0L);
    auto const error = thrown<RemoteError>([&] { (void)next.get(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message(), "division by zero");
}

TEST(ConformanceThen, test_no_callbacks_and_failure) {
    auto pool = context().pool();
    Tally ran;
    auto const next = pool.apply_async<fail>(1L).then(
        [](long x, std::string const& name) { return count(name, x); }, ran.name());
    auto const error = thrown<RemoteError>([&] { (void)next.get(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message(), "never 1");
    EXPECT_EQ(ran.count(), 0);
}

TEST(ConformanceThen, test_chained_success_callback_and_success) {
    auto pool = context().pool();
    auto const last = pool.apply_async<square>(2L).then<square>().then<square>().then<divide>(2L);
    EXPECT_EQ(last.get(), 128);
}

// loky's reusable pool that changes size.
TEST(ConformanceResize, test_reusable_executor_resize) {
    auto pool = context().pool(2);
    EXPECT_EQ(pids_of(pool).size(), 2U);
    auto const two = pids_of(pool);
    pool.resize(1);
    EXPECT_EQ(pool.size(), 1U);
    auto const one = pids_of(pool);
    EXPECT_EQ(one.size(), 1U);
    pool.resize(4);
    EXPECT_EQ(pool.size(), 4U);
    auto const four = pids_of(pool);
    EXPECT_EQ(four.size(), 4U);
    // Who was there stays.
    EXPECT_TRUE(four.contains(*one.begin()));
    EXPECT_EQ(pool.map<square>(numbers(50)), squares(50));
}

TEST(ConformanceResize, test_reusable_executor_resize_many_times) {
    auto pool = context().pool(1);
    auto const all = pool.map_async<nap>(std::vector<long>(40, 1L), {.chunksize = 1});
    for (long const size : {4, 2, 3, 1, 4}) {
        pool.resize(size);
        EXPECT_EQ(pool.apply<square>(size), size * size);
    }
    EXPECT_EQ(all.get().size(), 40U);
}

TEST(ConformanceResize, test_kill_after_resize_call) {
    auto pool = context().pool(2);
    pool.resize(3);
    for (pid_t const pid : pids_of(pool)) ::kill(pid, SIGKILL);
    EXPECT_EQ(pool.map<square>(numbers(20)), squares(20));
}

TEST(ConformancePriority, test_higher_first) {
    BusyPool all{1};
    auto const jam = all.running();
    auto order = context().queue<int>();
    auto const say = [](Queue<int> queue, int x) { queue.put(x); };
    std::vector<AsyncResult<void>> asked;
    for (int const priority : {0, 1, 2, 3}) {
        asked.push_back(all.pool.apply_async(ApplyOptions{.priority = priority}, say, order, priority));
    }
    all.gate.add();
    for (auto const& result : asked) result.wait();
    std::vector<int> found;
    for (int i = 0; i < 4; ++i) found.push_back(order.get());
    // One of them may have been handed out before.
    std::erase(found, 0);
    EXPECT_THAT(found, ElementsAre(3, 2, 1));
}

// loky's test_imap_handle_iterable_exception, of a call that is not waited for.
TEST(ConformanceSubmit, test_async_of_an_input_that_throws) {
    auto pool = context().pool();
    for (long const bad : {0, 3, 700}) {
        for (std::size_t const chunksize : std::vector<std::size_t>{0, 1, 500}) {
            auto const result = pool.map_async<square>(numbers_until(bad), {.chunksize = chunksize});
            EXPECT_THROW((void)result.get(), std::domain_error) << bad << ' ' << chunksize;
            auto several = pool.imap_unordered<square>(numbers_until(bad), {.chunksize = chunksize});
            long found = 0;
            auto const take_all = [&] {
                while (several.next()) ++found;
            };
            EXPECT_THROW(take_all(), std::domain_error) << bad << ' ' << chunksize;
            EXPECT_EQ(found, bad) << chunksize;
        }
    }
    EXPECT_EQ(pool.apply<square>(3L), 9);
}

// loky's test_crash_races.
TEST(ConformanceSubmit, test_crash_races) {
    auto pool = context().pool(3, {.crash_limit = 10});
    for (int i = 0; i < 3; ++i) {
        auto const pids = pids_of(pool);
        auto const result = pool.map_async<nap>(std::vector<long>(60, 1L), {.chunksize = 1});
        for (pid_t const pid : pids) ::kill(pid, SIGKILL);
        EXPECT_EQ(result.get().size(), 60U);
    }
}

// CPython's test_map_no_failfast, joined while errors wait.
TEST(ConformanceSubmit, test_join_while_errors_wait) {
    auto pool = context().pool();
    auto const bad = pool.map_async<fail>(numbers(3));
    auto const good = pool.map_async<nap>(std::vector<long>(5, 10L));
    pool.close();
    pool.join();
    EXPECT_TRUE(bad.ready() && good.ready());
    EXPECT_FALSE(bad.successful());
    EXPECT_TRUE(good.successful());
    EXPECT_THROW((void)bad.get(), RemoteError);
}

}  // namespace
}  // namespace rankpool
