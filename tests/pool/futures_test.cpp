// SPDX-License-Identifier: MIT
// What an AsyncResult can do beside giving its value.
#include "tests/pool/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace rankpool {
namespace {

using namespace support;
using testing::ElementsAre;

long begin_and_wait(std::string const& begun, std::string const& gate, long x) {
    Tally::add(begun);
    Tally::wait_for(gate, 1);
    return x;
}
long count(std::string const& tally, long x) {
    Tally::add(tally);
    return x;
}
long fail(long x) {
    throw std::invalid_argument("never " + std::to_string(x));
}
void nothing() {}
long add(long x, long y) {
    return x + y;
}
long forty_two() {
    return 42;
}
std::string repeat(std::string const& text, long times) {
    std::string all;
    for (long i = 0; i < times; ++i) all += text;
    return all;
}
std::size_t size_of(std::vector<double> const& values) {
    return values.size();
}
std::vector<double> zeros(std::size_t n) {
    return std::vector<double>(n);
}

/// Calls that keep all workers of a pool busy until `open`.
class Jam {
  public:
    explicit Jam(Pool& pool) {
        for (std::size_t i = 0; i < pool.size(); ++i) {
            calls_.push_back(pool.apply_async<begin_and_wait>(begun_.name(), gate_.name(), 1L));
        }
        Tally::wait_for(begun_.name(), static_cast<long>(pool.size()));
    }
    void open() { gate_.add(); }
    [[nodiscard]] std::vector<AsyncResult<long>> const& calls() const { return calls_; }

  private:
    Tally begun_;
    Tally gate_;
    std::vector<AsyncResult<long>> calls_;
};

TEST(Futures, what_has_not_begun_is_cancelled_and_never_runs) {
    auto pool = context().pool();
    Jam jam{pool};
    Tally ran;
    std::vector<AsyncResult<long>> waiting;
    for (long i = 0; i < 5; ++i) waiting.push_back(pool.apply_async<count>(ran.name(), i));
    auto const list = pool.map_async(partial<count>(ran.name()), numbers(3));
    for (auto const& result : waiting) {
        EXPECT_FALSE(result.cancelled());
        EXPECT_FALSE(result.running());
        EXPECT_TRUE(result.cancel());
        EXPECT_TRUE(result.cancel());
        EXPECT_TRUE(result.ready());
        EXPECT_TRUE(result.cancelled());
        EXPECT_FALSE(result.successful());
        EXPECT_FALSE(result.running());
        result.wait();
        for (int i = 0; i < 2; ++i) EXPECT_THROW((void)result.get(), CancelledError);
        EXPECT_THROW((void)result.get(1s), CancelledError);
        EXPECT_THROW(std::rethrow_exception(result.exception()), CancelledError);
    }
    EXPECT_TRUE(list.cancel());
    EXPECT_THROW((void)list.get(), CancelledError);
    jam.open();
    for (auto const& result : jam.calls()) EXPECT_EQ(result.get(), 1);
    pool.close();
    pool.join();
    EXPECT_EQ(ran.count(), 0);
}

/// A worker that gets no processor for a while finds, of many batches that it is told of, only the last to be
/// there.
TEST(Futures, a_slow_worker_lives_on_after_many_cancelled_tasks) {
    auto pool = context().pool(1);
    pid_t const worker = pool.apply<pid_here>(0);
    ::kill(worker, SIGSTOP);
    for (long i = 0; i < 50; ++i) EXPECT_TRUE(pool.apply_async<square>(i).cancel()) << i;
    auto last = pool.apply_async<pid_here>(0L);
    ::kill(worker, SIGCONT);
    EXPECT_EQ(last.get(), worker);
}

TEST(Futures, what_has_begun_is_not_cancelled) {
    auto pool = context().pool();
    Jam jam{pool};
    for (auto const& result : jam.calls()) {
        EXPECT_TRUE(result.running());
        EXPECT_FALSE(result.cancel());
        EXPECT_FALSE(result.cancelled());
        EXPECT_FALSE(result.ready());
    }
    jam.open();
    for (auto const& result : jam.calls()) {
        EXPECT_EQ(result.get(), 1);
        EXPECT_FALSE(result.cancel());
        EXPECT_FALSE(result.cancel(Kill::yes));
        EXPECT_FALSE(result.running());
        EXPECT_FALSE(result.cancelled());
        EXPECT_EQ(result.get(), 1);
    }
}

TEST(Futures, what_has_begun_is_killed_and_the_pool_goes_on) {
    // One loss would be too many for a task.
    auto pool = context().pool({.crash_limit = 1});
    auto const before = pids_of(pool);
    Tally begun;
    Tally gate;
    std::vector<AsyncResult<long>> calls;
    for (std::size_t i = 0; i < pool.size(); ++i) {
        calls.push_back(pool.apply_async<begin_and_wait>(begun.name(), gate.name(), 1L));
    }
    Tally::wait_for(begun.name(), static_cast<long>(pool.size()));
    // Behind them, and not to be lost with them.
    auto const others = pool.map_async<square>(numbers(100));
    for (auto const& result : calls) {
        EXPECT_TRUE(result.cancel(Kill::yes));
        EXPECT_TRUE(result.cancelled());
        EXPECT_THROW((void)result.get(), CancelledError);
    }
    EXPECT_EQ(others.get(), squares(100));
    for (pid_t const pid : pids_of(pool)) EXPECT_FALSE(before.contains(pid));
    EXPECT_EQ(begun.count(), static_cast<long>(pool.size()));
}

TEST(Futures, a_list_of_which_some_has_begun_is_cancelled_only_by_killing) {
    auto pool = context().pool();
    for (bool const together : {false, true}) {
        Tally begun;
        Tally gate;
        auto const list = pool.map_async(partial<begin_and_wait>(begun.name(), gate.name()), numbers(200),
                                         {.chunksize = together ? 50U : 0U});
        Tally::wait_for(begun.name(), together ? 1 : static_cast<long>(pool.size()));
        EXPECT_TRUE(list.running());
        EXPECT_FALSE(list.cancel());
        EXPECT_FALSE(list.ready());
        EXPECT_TRUE(list.cancel(Kill::yes));
        EXPECT_THROW((void)list.get(), CancelledError);
        EXPECT_EQ(pool.map<square>(numbers(50)), squares(50));
        EXPECT_LE(begun.count(), static_cast<long>(pool.size()));
    }
}

TEST(Futures, exception_waits_and_gives_what_get_would_throw) {
    auto pool = context().pool();
    EXPECT_EQ(pool.apply_async<square>(3L).exception(), nullptr);
    EXPECT_EQ(pool.apply_async<nothing>().exception(), nullptr);
    auto const bad = pool.apply_async<fail>(3L);
    auto const error = thrown<RemoteError>([&] { std::rethrow_exception(bad.exception()); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message(), "never 3");
    Jam jam{pool};
    EXPECT_THROW((void)jam.calls().front().exception(20ms), TimeoutError);
    jam.open();
    EXPECT_EQ(jam.calls().front().exception(60s), nullptr);
}

TEST(Futures, done_callbacks_are_called_once_in_their_order) {
    auto pool = context().pool();
    std::vector<std::string> calls;
    Jam jam{pool};
    auto const good = pool.apply_async<square>(3L);
    auto const bad = pool.apply_async<fail>(3L);
    auto const gone = pool.apply_async<square>(4L);
    good.add_done_callback([&](AsyncResult<long> const& result) {
        EXPECT_TRUE(result.ready());
        calls.push_back("good " + std::to_string(result.get()));
    });
    good.add_done_callback([&] { calls.emplace_back("good too"); });
    bad.add_done_callback(
        [&](AsyncResult<long> result) { calls.emplace_back(result.successful() ? "?" : "bad"); });
    gone.add_done_callback(
        [&](auto const& result) { calls.emplace_back(result.cancelled() ? "gone" : "?"); });
    EXPECT_TRUE(calls.empty());
    EXPECT_TRUE(gone.cancel());
    EXPECT_THAT(calls, ElementsAre("gone"));
    jam.open();
    good.wait();
    bad.wait();
    std::sort(calls.begin(), calls.end());
    EXPECT_THAT(calls, ElementsAre("bad", "gone", "good 9", "good too"));
    calls.clear();
    // Late ones.
    good.add_done_callback(
        [&](AsyncResult<long> const& result) { calls.push_back(std::to_string(*&result.get())); });
    EXPECT_THAT(calls, ElementsAre("9"));
    gone.add_done_callback([&] { calls.emplace_back("late"); });
    EXPECT_THAT(calls, ElementsAre("9", "late"));
}

TEST(Futures, what_a_done_callback_throws_comes_out_once_and_the_others_are_called) {
    auto pool = context().pool();
    auto const result = pool.apply_async<square>(3L);
    int later = 0;
    result.add_done_callback([] { throw std::domain_error("thrown by a callback"); });
    result.add_done_callback([&] { ++later; });
    EXPECT_THROW((void)result.get(), std::domain_error);
    EXPECT_EQ(result.get(), 9);
    EXPECT_EQ(later, 1);
    EXPECT_THROW(result.add_done_callback([] { throw std::domain_error("late"); }), std::domain_error);
    EXPECT_EQ(result.get(), 9);
}

TEST(Futures, exactly_one_of_the_callbacks_of_apply_async_is_called) {
    auto pool = context().pool();
    std::vector<std::string> calls;
    auto const options = [&] {
        return ApplyOptions{.callback = [&](long x) { calls.push_back(std::to_string(x)); },
                            .error_callback =
                                [&](std::exception_ptr const& error) {
                                    try {
                                        std::rethrow_exception(error);
                                    } catch (CancelledError const&) {
                                        calls.emplace_back("cancelled");
                                    } catch (RemoteError const& e) {
                                        calls.push_back(e.message());
                                    }
                                }};
    };
    pool.apply_async<square>(options(), 5L).wait();
    pool.apply_async<fail>(options(), 6L).wait();
    pool.apply_async(options(), partial<add>(3L), 4L).wait();
    pool.apply_async<square>({.callback = [&](long x) { calls.push_back(std::to_string(x)); }}, 2L).wait();
    Jam jam{pool};
    EXPECT_TRUE(pool.apply_async<square>(options(), 7L).cancel());
    jam.open();
    EXPECT_THAT(calls, ElementsAre("25", "never 6", "7", "4", "cancelled"));
}

TEST(Futures, then_runs_in_the_pool_with_the_result) {
    auto pool = context().pool();
    auto const first = pool.apply_async<square>(3L);
    EXPECT_EQ(first.then<square>().get(), 81);
    EXPECT_EQ(first.then<add>(4L).get(), 13);
    EXPECT_EQ(first.then(partial<add>(5L)).get(), 14);
    EXPECT_EQ(first.then([](long x) { return static_cast<double>(x) + 0.5; }).get(), 9.5);
    EXPECT_EQ(first.then<square>().then<square>().then<add>(1L).get(), 6562);
    EXPECT_EQ(first.get(), 9);
    EXPECT_EQ(pool.apply_async<nothing>().then<forty_two>().get(), 42);
    EXPECT_EQ(pool.apply_async<nothing>().then<square>(6L).get(), 36);
    EXPECT_NO_THROW(pool.apply_async<forty_two>().then<square>().then([](long) {}).get());
    EXPECT_EQ(pool.apply_async<repeat>("ab", 2L).then<repeat>(2L).get(), "abababab");
    // Large ones go another way.
    EXPECT_EQ(pool.apply_async<zeros>(1'000'000UL).then<size_of>().get(), 1'000'000U);
    EXPECT_EQ(
        pool.map_async<square>(numbers(4)).then([](std::vector<long> const& all) { return all.at(3); }).get(),
        9);
    int called = 0;
    auto next = pool.apply_async<square>(3L).then<square>();
    next.add_done_callback([&] { ++called; });
    EXPECT_EQ(next.get(), 81);
    EXPECT_EQ(called, 1);
}

TEST(Futures, then_of_what_fails_fails_with_the_same_error) {
    auto pool = context().pool();
    Tally ran;
    auto const bad = pool.apply_async<fail>(3L);
    auto const next = bad.then(partial<count>(ran.name())).then<square>();
    auto const error = thrown<RemoteError>([&] { (void)next.get(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->message(), "never 3");
    EXPECT_FALSE(next.cancelled());
    Jam jam{pool};
    auto const gone = pool.apply_async<square>(3L);
    auto const after = gone.then(partial<count>(ran.name()));
    EXPECT_TRUE(gone.cancel());
    EXPECT_THROW((void)after.get(), CancelledError);
    // The later one alone.
    auto const first = pool.apply_async<square>(4L);
    auto const second = first.then(partial<count>(ran.name()));
    EXPECT_FALSE(second.running());
    EXPECT_TRUE(second.cancel());
    EXPECT_THROW((void)second.get(), CancelledError);
    jam.open();
    EXPECT_EQ(first.get(), 16);
    EXPECT_EQ(ran.count(), 0);
}

TEST(Futures, join_waits_for_what_was_to_follow) {
    auto pool = context().pool();
    Tally ran;
    Jam jam{pool};
    auto const next = jam.calls().front().then(partial<count>(ran.name())).then(partial<count>(ran.name()));
    pool.close();
    EXPECT_THROW((void)next.then<square>(), UsageError);
    jam.open();
    pool.join();
    EXPECT_EQ(ran.count(), 2);
    EXPECT_EQ(next.get(), 1);
}

TEST(Futures, what_was_to_follow_ends_with_a_terminated_pool) {
    auto pool = context().pool();
    Jam jam{pool};
    auto const next = jam.calls().front().then<square>();
    pool.terminate();
    EXPECT_THROW((void)next.get(), ClosedError);
    jam.open();
}

void note(List<long> notes, long x) {
    notes.append(x);
}

TEST(Futures, a_higher_priority_begins_before_all_that_has_not_begun) {
    auto pool = context().pool(1);
    auto const notes = context().list<long>();
    Jam jam{pool};
    std::vector<AsyncResult<void>> calls;
    for (long const priority : {0, 0, -1, 0, 1, 2, 1}) {
        long const which = 10 * priority + std::ssize(calls);
        calls.push_back(
            pool.apply_async<note>(ApplyOptions{.priority = static_cast<int>(priority)}, notes, which));
    }
    auto const list =
        pool.map_async(partial<note>(notes), std::vector<long>{90, 91}, MapOptions{.priority = 3});
    jam.open();
    for (auto const& call : calls) call.wait();
    EXPECT_THAT(notes.items(), ElementsAre(90, 91, 25, 14, 16, 0, 1, 3, -8));
}

TEST(Futures, istarmap_gives_results_of_tuples_as_they_come) {
    auto pool = context().pool();
    std::vector<std::pair<long, long>> pairs;
    std::vector<long> sums;
    for (long i = 0; i < 500; ++i) {
        pairs.emplace_back(i, 2 * i);
        sums.push_back(3 * i);
    }
    std::vector<long> got;
    for (long const sum : pool.istarmap<add>(pairs)) got.push_back(sum);
    EXPECT_EQ(got, sums);
    got.clear();
    for (long const sum : pool.istarmap_unordered<add>(pairs, {.chunksize = 7})) got.push_back(sum);
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, sums);
    auto few =
        pool.istarmap([](long x, std::string const& text) { return x + static_cast<long>(text.size()); },
                      {std::tuple{1L, std::string{"a"}}, std::tuple{2L, std::string{"bcd"}}});
    EXPECT_EQ(few.next().value(), 2);
    EXPECT_EQ(few.next().value(), 5);
    EXPECT_FALSE(few.next());
}

}  // namespace
}  // namespace rankpool
