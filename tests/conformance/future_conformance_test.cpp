// SPDX-License-Identifier: MIT
// One test per behaviour that the tests of Python's concurrent.futures assert of futures, wait and
// as_completed, named as there.
#include "tests/conformance/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

/// A call of a pool whose only worker is busy.
class ConformanceFuture : public testing::Test {
  protected:
    AsyncResult<long> pending(long x = 7) { return busy_.pool.apply_async<square>(x); }
    AsyncResult<long> pending_failure() { return busy_.pool.apply_async<fail>(3L); }

    BusyPool busy_{1};
    AsyncResult<long> jam_ = busy_.running();
    BusyPool idle_{1};
};

TEST_F(ConformanceFuture, test_done_callback_with_result) {
    long given = 0;
    auto const future = pending(5);
    future.add_done_callback([&](AsyncResult<long> const& done) { given = done.get(); });
    EXPECT_EQ(given, 0);
    busy_.gate.add();
    EXPECT_EQ(future.get(), 25);
    EXPECT_EQ(given, 25);
}

TEST_F(ConformanceFuture, test_done_callback_with_exception) {
    std::exception_ptr given;
    auto const future = pending_failure();
    future.add_done_callback([&](AsyncResult<long> const& done) { given = done.exception(); });
    busy_.gate.add();
    future.wait();
    ASSERT_TRUE(given);
    EXPECT_THROW(std::rethrow_exception(given), RemoteError);
}

TEST_F(ConformanceFuture, test_done_callback_with_cancel) {
    bool was_cancelled = false;
    auto const future = pending();
    future.add_done_callback([&](AsyncResult<long> const& done) { was_cancelled = done.cancelled(); });
    EXPECT_TRUE(future.cancel());
    future.wait();
    EXPECT_TRUE(was_cancelled);
}

// Python logs it and goes on; here who waits is told.
TEST_F(ConformanceFuture, test_done_callback_raises) {
    std::vector<int> called;
    auto const future = pending();
    future.add_done_callback([&] {
        called.push_back(1);
        throw std::domain_error("no callback");
    });
    future.add_done_callback([&] { called.push_back(2); });
    busy_.gate.add();
    EXPECT_THROW(future.wait(), std::domain_error);
    EXPECT_THAT(called, ElementsAre(1, 2));
    EXPECT_EQ(future.get(), 49);
}

TEST_F(ConformanceFuture, test_done_callback_already_successful) {
    long given = 0;
    idle_.finished(5).add_done_callback([&](AsyncResult<long> const& done) { given = done.get(); });
    EXPECT_EQ(given, 25);
}

TEST_F(ConformanceFuture, test_done_callback_already_failed) {
    bool has_failed = false;
    idle_.failed().add_done_callback(
        [&](AsyncResult<long> const& done) { has_failed = done.exception() != nullptr; });
    EXPECT_TRUE(has_failed);
}

TEST_F(ConformanceFuture, test_done_callback_already_cancelled) {
    bool was_cancelled = false;
    auto const future = pending();
    future.cancel();
    future.add_done_callback([&](AsyncResult<long> const& done) { was_cancelled = done.cancelled(); });
    EXPECT_TRUE(was_cancelled);
}

TEST_F(ConformanceFuture, test_done_callback_raises_already_succeeded) {
    auto const future = idle_.finished(5);
    EXPECT_THROW(future.add_done_callback([] { throw std::domain_error("no callback"); }), std::domain_error);
    EXPECT_EQ(future.get(), 25);
}

TEST_F(ConformanceFuture, test_cancel) {
    auto const future = pending();
    EXPECT_TRUE(future.cancel());
    EXPECT_TRUE(future.cancelled());
    EXPECT_TRUE(future.cancel());
    EXPECT_FALSE(jam_.cancel());
    EXPECT_FALSE(jam_.cancelled());
    auto const done = idle_.finished();
    EXPECT_FALSE(done.cancel());
    EXPECT_FALSE(done.cancelled());
    auto const failed = idle_.failed();
    EXPECT_FALSE(failed.cancel());
    EXPECT_FALSE(failed.cancelled());
}

TEST_F(ConformanceFuture, test_cancelled_done_running) {
    auto const waits = pending();
    auto const cancelled = pending();
    cancelled.cancel();
    struct State {
        bool cancelled = false;
        bool done = false;
        bool running = false;
        bool operator==(State const&) const = default;
    };
    auto const state = [](AsyncResult<long> const& future) {
        return State{future.cancelled(), future.ready(), future.running()};
    };
    EXPECT_EQ(state(waits), (State{false, false, false}));
    EXPECT_EQ(state(jam_), (State{false, false, true}));
    EXPECT_EQ(state(cancelled), (State{true, true, false}));
    EXPECT_EQ(state(idle_.finished()), (State{false, true, false}));
    EXPECT_EQ(state(idle_.failed()), (State{false, true, false}));
}

TEST_F(ConformanceFuture, test_result_with_timeout) {
    EXPECT_THROW((void)pending().get(0s), TimeoutError);
    EXPECT_THROW((void)jam_.get(0s), TimeoutError);
    EXPECT_THROW((void)jam_.get(10ms), TimeoutError);
    EXPECT_EQ(idle_.finished(5).get(0s), 25);
    EXPECT_THROW((void)idle_.failed().get(0s), RemoteError);
}

TEST_F(ConformanceFuture, test_result_with_success) {
    auto const future = pending(6);
    busy_.gate.add();
    EXPECT_EQ(future.get(60s), 36);
    EXPECT_EQ(future.get(), 36);
}

TEST_F(ConformanceFuture, test_result_with_cancel) {
    auto const future = pending();
    future.cancel();
    EXPECT_THROW((void)future.get(60s), CancelledError);
    EXPECT_THROW((void)future.get(), CancelledError);
}

TEST_F(ConformanceFuture, test_exception_with_timeout) {
    EXPECT_THROW((void)pending().exception(0s), TimeoutError);
    EXPECT_THROW((void)jam_.exception(10ms), TimeoutError);
    EXPECT_FALSE(idle_.finished().exception(0s));
    EXPECT_TRUE(idle_.failed().exception(0s));
    // Python throws it; it is the answer here.
    auto const cancelled = pending();
    cancelled.cancel();
    EXPECT_THROW(std::rethrow_exception(cancelled.exception(0s)), CancelledError);
}

TEST_F(ConformanceFuture, test_exception_with_success) {
    auto const future = pending_failure();
    busy_.gate.add();
    auto const error = future.exception(60s);
    ASSERT_TRUE(error);
    auto const remote = thrown<RemoteError>([&] { std::rethrow_exception(error); });
    ASSERT_TRUE(remote);
    EXPECT_EQ(remote->message(), "never 3");
}

/// Of four calls two are held up until `gate` opens.
class ConformanceWaitTests : public testing::Test {
  protected:
    AsyncResult<long> cancelled() {
        auto future = held_.pool.apply_async<square>(1L);
        future.cancel();
        return future;
    }

    BusyPool held_{1};
    AsyncResult<long> waits_ = held_.running();
    BusyPool free_{2};
};

TEST_F(ConformanceWaitTests, test_first_completed) {
    std::vector const all{waits_, free_.pool.apply_async<square>(3L)};
    auto const [done, not_done] = wait(all, When::first_completed);
    EXPECT_THAT(done, ElementsAre(1));
    EXPECT_THAT(not_done, ElementsAre(0));
}

TEST_F(ConformanceWaitTests, test_first_completed_some_already_completed) {
    std::vector const all{cancelled(), free_.finished(), waits_};
    auto const [done, not_done] = wait(all, When::first_completed);
    EXPECT_THAT(done, ElementsAre(0, 1));
    EXPECT_THAT(not_done, ElementsAre(2));
}

TEST_F(ConformanceWaitTests, test_first_exception) {
    std::vector const all{free_.pool.apply_async<square>(3L), free_.pool.apply_async<fail>(1L), waits_};
    auto const [done, not_done] = wait(all, When::first_exception);
    EXPECT_THAT(done, testing::Contains(1));
    EXPECT_THAT(not_done, testing::Contains(2));
}

TEST_F(ConformanceWaitTests, test_first_exception_some_already_complete) {
    auto const before = cancelled();
    std::vector const all{before, free_.finished(), waits_, free_.pool.apply_async<fail>(1L)};
    auto const [done, not_done] = wait(all, When::first_exception);
    EXPECT_THAT(done, ElementsAre(0, 1, 3));
    EXPECT_THAT(not_done, ElementsAre(2));
}

TEST_F(ConformanceWaitTests, test_first_exception_one_already_failed) {
    std::vector const all{free_.failed(), waits_};
    auto const [done, not_done] = wait(all, When::first_exception, 60s);
    EXPECT_THAT(done, ElementsAre(0));
    EXPECT_THAT(not_done, ElementsAre(1));
}

TEST_F(ConformanceWaitTests, test_all_completed) {
    auto const before = cancelled();
    std::vector const all{before, free_.failed(), free_.pool.apply_async<square>(3L), waits_};
    held_.gate.add();
    auto const [done, not_done] = wait(all);
    EXPECT_THAT(done, ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(not_done, IsEmpty());
}

TEST_F(ConformanceWaitTests, test_timeout) {
    auto const quick = free_.pool.apply_async<square>(3L);
    quick.wait();
    auto const before = cancelled();
    std::vector const all{before, quick, waits_};
    WaitResult result;
    EXPECT_GE(time_of([&] { result = wait(all, When::all_completed, 100ms); }), 100ms);
    EXPECT_THAT(result.done, ElementsAre(0, 1));
    EXPECT_THAT(result.not_done, ElementsAre(2));
}

// Of CPython's issue 20369: a call that is there twice.
TEST_F(ConformanceWaitTests, test_20369) {
    auto const call = free_.pool.apply_async<square>(3L);
    auto const [done, not_done] = wait(std::vector{call, call});
    EXPECT_THAT(done, ElementsAre(0, 1));
    EXPECT_THAT(not_done, IsEmpty());
}

TEST(ConformanceWaitAlone, test_pending_calls_race) {
    auto pool = context().pool();
    std::vector<AsyncResult<long>> all;
    for (long i = 0; i < 100; ++i) all.push_back(pool.apply_async<nap>(i % 3));
    EXPECT_EQ(wait(all).done.size(), 100U);
}

TEST_F(ConformanceWaitTests, test_as_completed_no_timeout) {
    auto const before = cancelled();
    std::vector const all{before, free_.failed(), free_.finished(), waits_};
    std::vector<std::size_t> order;
    for (std::size_t const i : as_completed(all)) {
        order.push_back(i);
        if (order.size() == 3) held_.gate.add();
    }
    ASSERT_EQ(order.size(), 4U);
    EXPECT_EQ(order[3], 3U);
    EXPECT_THAT(order, UnorderedElementsAre(0, 1, 2, 3));
}

TEST_F(ConformanceWaitTests, test_future_times_out) {
    auto const before = cancelled();
    for (auto const timeout : {0ms, 50ms}) {
        std::vector const all{before, free_.failed(), free_.finished(), waits_};
        std::vector<std::size_t> order;
        auto const error = thrown<TimeoutError>([&] {
            for (std::size_t const i : as_completed(all, timeout)) order.push_back(i);
        });
        EXPECT_TRUE(error);
        EXPECT_THAT(order, UnorderedElementsAre(0, 1, 2));
    }
}

// Python gives it once; positions are two.
TEST_F(ConformanceWaitTests, test_duplicate_futures) {
    auto const call = free_.pool.apply_async<nap>(5L);
    std::vector<std::size_t> order;
    for (std::size_t const i : as_completed(std::vector{call, call})) order.push_back(i);
    EXPECT_THAT(order, UnorderedElementsAre(0, 1));
}

}  // namespace
}  // namespace rankpool
