// SPDX-License-Identifier: MIT
// Sessions that take hours, of a time that the made-up pool passes.
#include "tests/batch/made_up_session.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <vector>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

/// So long a session may take to see that a task is due, or that there is no time.
constexpr auto look = SessionCall::longest_interval;

class SessionTimeTest : public MadeUpSession {
  protected:
    SessionTimeTest() { pool_.time = &time_; }

    [[nodiscard]] Clock::duration elapsed() const { return time_.now() - start_; }
    [[nodiscard]] std::filesystem::path status() const {
        return std::filesystem::path{settings_.run_dir} / "status.json";
    }
    /// Tells whether it has been written since the last call.
    [[nodiscard]] bool is_status_new() const { return std::filesystem::remove(status()); }

    support::MovedTime time_;
    Clock::time_point start_ = time_.now();
};

TEST_F(SessionTimeTest, what_fails_is_tried_again_after_a_delay_that_grows) {
    settings_.retries = 4;
    settings_.retry_delay = "10s*2";
    tasks_.count = 1;
    pool_.work = [](auto const&) { return MadeUpPool::fail(); };
    run();
    ASSERT_THAT(pool_.given, SizeIs(5));
    for (std::size_t i = 1; i < 5; ++i) {
        auto const waited = pool_.given[i].begun - pool_.given[i - 1].ends;
        auto const delay = 10s * (1 << (i - 1));
        EXPECT_GE(waited, delay) << i;
        EXPECT_LE(waited, delay + look) << i;
    }
}

TEST_F(SessionTimeTest, what_waits_to_be_tried_again_holds_up_no_other) {
    settings_.retries = 1;
    settings_.retry_delay = "10m";
    tasks_.count = 100;
    pool_.work = [](auto const& task) {
        bool const fails = task.input % 10 == 0 && task.place.attempt == 1;
        return fails ? MadeUpPool::fail() : MadeUpPool::succeed(task);
    };
    run();
    EXPECT_EQ(code_, ExitCode::success);
    EXPECT_THAT(stored(), SizeIs(100));
    for (auto const& task : pool_.given) {
        if (task.place.attempt == 1) {
            EXPECT_LE(task.ends - start_, 25s + 100 * look) << task.input;
        } else {
            EXPECT_GE(task.begun - start_, 10min) << task.input;
        }
    }
    EXPECT_LE(elapsed(), 10min + 25s + 1s + 100 * look);
}

TEST_F(SessionTimeTest, those_that_wait_begin_in_the_order_in_which_they_may) {
    settings_.retries = 2;
    settings_.retry_delay = "10s*10";
    workers_ = 1;
    tasks_.count = 2;
    // The first has failed twice before the second fails: its delay is longer, the second's is over first.
    pool_.duration = [](auto const& task) { return task.input == 1 ? 15s : 1s; };
    pool_.work = [](auto const& task) {
        return task.place.attempt == (task.input == 0 ? 3 : 2) ? MadeUpPool::succeed(task)
                                                               : MadeUpPool::fail();
    };
    run();
    std::vector<long> inputs;
    for (auto const& task : pool_.given) inputs.push_back(task.input);
    EXPECT_THAT(inputs, testing::ElementsAre(0, 1, 0, 1, 0));
    EXPECT_EQ(code_, ExitCode::success);
}

TEST_F(SessionTimeTest, no_more_wait_to_be_tried_again_than_memory_holds) {
    constexpr std::uint64_t bound = 100'000;
    constexpr std::uint64_t on_their_way = 10'000;
    settings_.retries = 1;
    settings_.retry_delay = "1h";
    settings_.time_limit = "1m";
    tasks_.count = bound + on_their_way + 5'000;
    pool_.duration = [](auto const&) { return 0s; };
    pool_.work = [](auto const&) { return MadeUpPool::fail(); };
    run();
    EXPECT_GE(tally_.retried, bound);
    EXPECT_LE(tally_.retried, bound + on_their_way);
    EXPECT_FALSE(tally_.total) << "there are more inputs";
    EXPECT_GE(elapsed(), 50s);
}

TEST_F(SessionTimeTest, nothing_is_begun_that_would_not_be_done_within_the_limit) {
    settings_.time_limit = "30m";
    settings_.time_margin = "1m";
    tasks_.count = 1000;
    pool_.duration = [](auto const&) { return 1min; };
    run();
    EXPECT_EQ(code_, ExitCode::stopped_early);
    EXPECT_LE(elapsed(), 29min);
    EXPECT_GE(elapsed(), 27min);
    EXPECT_EQ(tally_.ok, pool_.given.size()) << "all that was begun is done";
    EXPECT_THAT(stored(), SizeIs(pool_.given.size()));
    EXPECT_TRUE(pool_.is_shut_down);
}

TEST_F(SessionTimeTest, what_takes_longer_is_ended_with_the_time) {
    settings_.time_limit = "10m";
    settings_.time_margin = "1m";
    tasks_.count = 20;
    pool_.duration = [](auto const& task) { return task.input == 7 ? Clock::duration{1h} : 10s; };
    run();
    EXPECT_EQ(code_, ExitCode::stopped_early);
    EXPECT_GE(elapsed(), 9min);
    // It gathers what there is for a moment.
    EXPECT_LE(elapsed(), 9min + look + 100ms);
    EXPECT_THAT(stored(), SizeIs(19));
    EXPECT_FALSE(pool_.is_shut_down);
}

TEST_F(SessionTimeTest, tasks_are_told_before_the_time_is_over) {
    settings_.time_limit = "10m";
    settings_.time_margin = "1m";
    RecordedRun run = open();
    run.give_notice(30);
    run.tally().in_flight = 1;
    time_.pass(8min + 29s);
    EXPECT_TRUE(run.tick(false));
    EXPECT_FALSE(run.tells_tasks_to_end());
    time_.pass(2s);
    EXPECT_FALSE(run.tick(false));
    EXPECT_TRUE(run.tells_tasks_to_end());
    EXPECT_FALSE(run.ends_at_once());
    time_.pass(30s);
    run.tick(false);
    EXPECT_TRUE(run.ends_at_once());
}

TEST_F(SessionTimeTest, the_status_is_written_once_a_second) {
    RecordedRun run = open();
    run.tick(false);
    EXPECT_TRUE(is_status_new());
    for (int second = 0; second < 3; ++second) {
        time_.pass(500ms);
        run.tick(false);
        time_.pass(499ms);
        run.tick(false);
        EXPECT_FALSE(is_status_new());
        time_.pass(1ms);
        run.tick(false);
        EXPECT_TRUE(is_status_new());
        run.tick(false);
        EXPECT_FALSE(is_status_new());
    }
}

TEST_F(SessionTimeTest, a_rank_that_is_silent_does_not_keep_the_status_from_being_written) {
    // The made-up one never answers.
    tasks_.count = 1;
    pool_.duration = [](auto const&) { return 1min; };
    run();
    // Each time it is waited for, for a fifth of a second.
    EXPECT_GE(pool_.status_queries, 45);
    EXPECT_LE(pool_.status_queries, 60);
    EXPECT_TRUE(is_status_new());
}

TEST_F(SessionTimeTest, what_comes_all_the_time_is_committed_twice_a_second) {
    tasks_.count = 200;
    pool_.duration = [this](auto const& task) { return 20ms * (task.input + 1) - elapsed(); };
    std::optional<SQLite::Database> others;
    int seen = 0;
    Clock::duration seen_at{0};
    std::vector<Clock::duration> groups;
    tasks_.ticks = [&] {
        if (!others) others.emplace(std::filesystem::path{settings_.run_dir} / "results.sqlite");
        int const rows = others->execAndGet("SELECT count(*) FROM results");
        if (rows == seen) return;
        groups.push_back(elapsed() - seen_at);
        seen_at = elapsed();
        seen = rows;
    };
    run();
    EXPECT_THAT(groups, SizeIs(testing::AllOf(testing::Ge(7U), testing::Le(8U))));
    EXPECT_THAT(groups, testing::Each(testing::AllOf(testing::Ge(500ms), testing::Le(540ms))));
}

TEST_F(SessionTimeTest, what_has_come_is_committed_when_no_more_comes) {
    tasks_.count = 2;
    pool_.duration = [](auto const& task) { return task.input == 0 ? Clock::duration{1s} : 1h; };
    settings_.time_limit = "2m";
    std::optional<Clock::duration> committed;
    tasks_.ticks = [&] {
        if (run_->tally().ok == 1 && !run_->store().has_uncommitted() && !committed) committed = elapsed();
    };
    run();
    ASSERT_TRUE(committed);
    EXPECT_LE(*committed, 1s + 2 * look);
}

TEST_F(SessionTimeTest, a_stream_is_looked_at_often_while_it_comes) {
    tasks_.ready = [] { return false; };
    RecordedRun run = open();
    InputSource source{tasks_, run};
    SessionCall const call{tasks_, source, run, pool_};
    EXPECT_EQ(call.interval(), 1ms);
    time_.pass(999ms);
    EXPECT_EQ(call.interval(), 1ms);
    time_.pass(1ms);
    EXPECT_EQ(call.interval(), look);
}

TEST_F(SessionTimeTest, inputs_that_come_slowly_do_not_hold_up_those_that_are_there) {
    Clock::duration reading = 300us;
    tasks_.reads = [&] { time_.pass(reading); };
    tasks_.count = 1000;
    RecordedRun run = open();
    InputSource source{tasks_, run};
    EXPECT_EQ(source.available(100), 1U);
    EXPECT_EQ(source.available(100), 2U);
    reading = 10us;
    EXPECT_EQ(source.available(100), 23U);
    reading = 0us;
    EXPECT_EQ(source.available(100), 100U);
}

}  // namespace
}  // namespace rankpool::batch
