// SPDX-License-Identifier: MIT
#include "rankpool/batch/files/stop_signals.hpp"

#include "tests/batch/made_up_session.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>

namespace rankpool::batch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using SessionTest = MadeUpSession;

TEST_F(SessionTest, all_results_are_stored) {
    run();
    EXPECT_EQ(code_, ExitCode::success);
    EXPECT_THAT(stored(), SizeIs(10));
    for (auto const& [input, result] : stored()) EXPECT_EQ(result, input * input);
    EXPECT_THAT(tasks_.done, SizeIs(10));
    EXPECT_THAT(pool_.given, SizeIs(10));
    EXPECT_EQ(tally_.in_flight, 0);
    EXPECT_TRUE(pool_.is_shut_down);
}

TEST_F(SessionTest, what_fails_is_tried_again_as_often_as_is_said) {
    settings_.retries = 2;
    pool_.work = [](auto const& task) {
        bool const fails = task.input == 3 || (task.input == 5 && task.place.attempt < 3);
        return fails ? MadeUpPool::fail() : MadeUpPool::succeed(task);
    };
    run();
    EXPECT_EQ(code_, ExitCode::tasks_failed);
    EXPECT_EQ(times_given(3), 3);
    EXPECT_EQ(times_given(5), 3);
    EXPECT_EQ(times_given(4), 1);
    EXPECT_THAT(stored(), SizeIs(9));
    EXPECT_TRUE(stored().contains(5));
    EXPECT_EQ(stored_failures(), 1);
    // The job hears of the last failure alone.
    ASSERT_THAT(tasks_.failures, SizeIs(1));
    EXPECT_EQ(tasks_.failures[0].task, 3);
    EXPECT_EQ(tasks_.failures[0].number, 3);
}

TEST_F(SessionTest, the_last_to_be_tried_again_is_waited_for) {
    // All inputs have been read, and nothing but it is under way.
    settings_.retries = 1;
    tasks_.count = 1;
    pool_.work = [](auto const& task) {
        return task.place.attempt == 1 ? MadeUpPool::fail() : MadeUpPool::succeed(task);
    };
    run();
    EXPECT_EQ(code_, ExitCode::success);
    EXPECT_THAT(stored(), SizeIs(1));
}

TEST_F(SessionTest, a_task_that_could_not_be_begun_is_no_failure) {
    pool_.work = [](auto const& task) {
        if (task.input != 2 || task.place.attempt > 10) return MadeUpPool::succeed(task);
        return MadeUpPool::refuse();
    };
    run();
    EXPECT_EQ(code_, ExitCode::success);
    EXPECT_EQ(times_given(2), 11);
    EXPECT_THAT(stored(), SizeIs(10));
}

TEST_F(SessionTest, unless_it_can_be_begun_nowhere) {
    pool_.work = [](auto const& task) {
        if (task.input != 2) return MadeUpPool::succeed(task);
        return MadeUpPool::refuse();
    };
    run();
    EXPECT_EQ(code_, ExitCode::tasks_failed);
    EXPECT_EQ(times_given(2), 11);
    EXPECT_EQ(stored_failures(), 1);
}

TEST_F(SessionTest, a_lost_worker_costs_one_more_try) {
    pool_.work = [](auto const& task) -> Measured<long> {
        if (task.input == 7) throw WorkerLost(SIGSEGV, "", {0, "n0", task.number});
        return MadeUpPool::succeed(task);
    };
    run();
    EXPECT_EQ(times_given(7), 2);
    ASSERT_THAT(tasks_.failures, SizeIs(1));
    EXPECT_EQ(tasks_.failures[0].outcome, AttemptOutcome::lost);
    EXPECT_THAT(stored(), SizeIs(9));
}

TEST_F(SessionTest, a_result_that_cannot_be_read_fails_its_task) {
    pool_.work = [](auto const& task) -> Measured<long> {
        if (task.input == 1) throw SerializationError("not a number");
        return MadeUpPool::succeed(task);
    };
    run();
    ASSERT_THAT(tasks_.failures, SizeIs(1));
    EXPECT_THAT(tasks_.failures[0].error, testing::HasSubstr("not a number"));
    EXPECT_THAT(stored(), SizeIs(9));
}

TEST_F(SessionTest, a_result_that_is_too_large_fails_its_task) {
    tasks_.count = 3;
    tasks_.cell = [](long result) {
        return result == 1 ? Value{std::string(901'000'000, 'x')} : Value{std::int64_t{result}};
    };
    run();
    EXPECT_EQ(code_, ExitCode::tasks_failed);
    EXPECT_THAT(stored(), testing::UnorderedElementsAre(testing::Pair(0, 0), testing::Pair(2, 4)));
    ASSERT_THAT(tasks_.failures, SizeIs(1));
    EXPECT_EQ(tasks_.failures[0].task, 1);
    EXPECT_THAT(tasks_.failures[0].error, testing::HasSubstr("too large"));
}

TEST_F(SessionTest, the_window_bounds_what_is_under_way) {
    // Nobody knows yet how long tasks take: one for each worker.
    tasks_.count = 60;
    pool_.at_once = 0;
    RecordedRun run = open();
    InputSource source{tasks_, run};
    auto const call = std::make_shared<SessionCall>(tasks_, source, run, pool_);
    pool_.start(call);
    pool_.feed();
    EXPECT_EQ(pool_.under_way(), 4);
    EXPECT_EQ(call->input_room(), 0);
    // They are short: two.
    pool_.answer(2);
    EXPECT_EQ(call->input_room(), 0);
    call->record_arrivals();
    pool_.feed();
    EXPECT_EQ(pool_.under_way(), 8);
}

TEST_F(SessionTest, long_tasks_are_handed_out_one_by_one) {
    tasks_.count = 60;
    pool_.work = [](auto const& task) {
        auto done = MadeUpPool::succeed(task);
        done.measurement.seconds = 2;
        return done;
    };
    run();
    EXPECT_EQ(pool_.most_under_way, 4);
    EXPECT_THAT(stored(), SizeIs(60));
}

TEST_F(SessionTest, a_stream_that_waits_has_no_room) {
    bool is_ready = false;
    tasks_.ready = [&] { return is_ready; };
    RecordedRun run = open();
    InputSource source{tasks_, run};
    SessionCall const call{tasks_, source, run, pool_};
    EXPECT_EQ(call.input_room(), 0);
    EXPECT_LT(call.interval(), SessionCall::longest_interval);
    is_ready = true;
    EXPECT_GT(call.input_room(), 0);
    EXPECT_EQ(call.interval(), SessionCall::longest_interval);
}

TEST_F(SessionTest, a_stream_that_ends_late_is_read_to_its_end) {
    int waits = 0;
    tasks_.ready = [&] { return ++waits % 5 == 0; };
    run();
    EXPECT_EQ(code_, ExitCode::success);
    EXPECT_THAT(stored(), SizeIs(10));
}

TEST_F(SessionTest, what_the_inputs_throw_comes_when_all_before_is_stored) {
    tasks_.broken_at = 6;
    EXPECT_THROW(run(), std::domain_error);
    EXPECT_THAT(tasks_.done, SizeIs(6));
    EXPECT_THAT(stored(), SizeIs(6));
}

TEST_F(SessionTest, the_limit_counts_inputs) {
    settings_.limit = 4;
    run();
    EXPECT_THAT(stored(), SizeIs(4));
}

TEST_F(SessionTest, shuffled_inputs_come_in_another_order_and_all) {
    settings_.shuffle = true;
    tasks_.count = 100;
    run();
    EXPECT_THAT(stored(), SizeIs(100));
    EXPECT_FALSE(std::ranges::is_sorted(pool_.given, {}, &MadeUpPool::Task::input));
}

TEST_F(SessionTest, a_stop_in_the_middle_keeps_what_has_come) {
    settings_.halt = "now,success=3";
    workers_ = 5;
    tasks_.count = 20;
    pool_.at_once = 4;
    run();
    EXPECT_EQ(tally_.ok, 4);
    EXPECT_THAT(stored(), SizeIs(4));
    EXPECT_THAT(pool_.given, SizeIs(5));
    // The workers are not waited for.
    EXPECT_FALSE(pool_.is_shut_down);
}

TEST_F(SessionTest, a_run_that_drains_waits_for_what_is_under_way) {
    settings_.halt = "soon,success=3";
    workers_ = 5;
    tasks_.count = 100;
    run();
    EXPECT_EQ(stored().size(), pool_.given.size());
    EXPECT_LT(pool_.given.size(), 20);
    EXPECT_TRUE(pool_.is_shut_down);
}

TEST_F(SessionTest, a_run_that_drains_tries_nothing_again) {
    // The first fails, and waits to be tried again when the others end the run.
    settings_.halt = "soon,success=3";
    settings_.retries = 1;
    pool_.at_once = 4;
    pool_.work = [](auto const& task) {
        return task.input == 0 ? MadeUpPool::fail() : MadeUpPool::succeed(task);
    };
    run();
    EXPECT_THAT(pool_.given, SizeIs(4));
    EXPECT_THAT(stored(), SizeIs(3));
}

TEST_F(SessionTest, failures_after_the_end_was_told_are_not_stored) {
    settings_.fail_fast = true;
    pool_.at_once = 4;
    pool_.work = [](auto const& task) {
        return task.input == 2 ? MadeUpPool::succeed(task) : MadeUpPool::fail();
    };
    run();
    EXPECT_EQ(stored_failures(), 1);
    EXPECT_THAT(tasks_.failures, SizeIs(1));
    // But what has succeeded has.
    EXPECT_THAT(stored(), ElementsAre(testing::Pair(2, 4)));
}

TEST_F(SessionTest, what_was_told_to_end_is_done_another_time) {
    pool_.work = [](auto const& task) {
        return task.input == 4 ? MadeUpPool::fail("told") : MadeUpPool::succeed(task);
    };
    run();
    EXPECT_EQ(stored_failures(), 0);
    EXPECT_EQ(times_given(4), 1);
    EXPECT_THAT(stored(), SizeIs(9));
}

TEST_F(SessionTest, a_resumed_run_does_what_is_left) {
    pool_.work = [](auto const& task) {
        return task.input % 3 == 0 ? MadeUpPool::fail() : MadeUpPool::succeed(task);
    };
    settings_.limit = 6;
    run();
    ASSERT_EQ(stored_failures(), 2);
    settings_.limit = 0;
    settings_.resume = true;
    MadeUpTasks tasks;
    MadeUpPool pool;
    run(tasks, pool);
    EXPECT_EQ(code_, ExitCode::success);
    EXPECT_THAT(tasks.passed, ElementsAre(1, 2, 4, 5));
    EXPECT_THAT(tasks.done, ElementsAre(0, 3, 6, 7, 8, 9));
    EXPECT_EQ(pool.given[0].place.attempt, 2);
    EXPECT_THAT(stored(), SizeIs(10));
    EXPECT_EQ(stored_failures(), 0);
}

TEST_F(SessionTest, and_not_what_has_failed_where_that_is_not_wanted) {
    pool_.work = [](auto const& task) {
        return task.input == 3 ? MadeUpPool::fail() : MadeUpPool::succeed(task);
    };
    run();
    settings_.resume = true;
    settings_.retry_failed = false;
    MadeUpTasks tasks;
    MadeUpPool pool;
    run(tasks, pool);
    EXPECT_EQ(code_, ExitCode::tasks_failed);
    EXPECT_THAT(pool.given, IsEmpty());
    EXPECT_THAT(tasks.passed, SizeIs(10));
}

TEST_F(SessionTest, a_node_on_which_all_fails_gets_no_more) {
    tasks_.count = 60;
    pool_.hosts = {"n0", "n1"};
    pool_.work = [](auto const& task) {
        return task.number % 2 == 1 ? MadeUpPool::fail() : MadeUpPool::succeed(task);
    };
    run();
    EXPECT_THAT(pool_.left_out, ElementsAre("n1"));
}

TEST_F(SessionTest, memory_that_did_not_suffice_is_told_to_the_next_try) {
    settings_.retries = 2;
    pool_.work = [](auto const& task) {
        if (task.input != 1 || task.place.attempt == 3) return MadeUpPool::succeed(task);
        return MadeUpPool::fail("memory", task.place.attempt == 1 ? 1000 : 2000);
    };
    run();
    ASSERT_EQ(times_given(1), 3);
    TaskPlace const last =
        std::ranges::find(pool_.given.rbegin(), pool_.given.rend(), 1, &MadeUpPool::Task::input)->place;
    EXPECT_EQ(last.failed_memory, 1000);
    EXPECT_EQ(last.memory_failures, 2);
}

TEST_F(SessionTest, the_status_lists_who_is_at_a_task_for_longest_first) {
    RecordedRun run = open();
    InputSource source{tasks_, run};
    auto const call = std::make_shared<SessionCall>(tasks_, source, run, pool_);
    call->id = CallId{3};
    pool_.start(call);
    pool_.feed();
    pool_.answer(1);
    call->record_arrivals();
    pool_.ask_status();
    auto const doing = [](unsigned member, std::uint64_t task, std::int64_t for_ns, CallId of) {
        return link::MemberActivity{.member = Member{member},
                                    .activity = link::Activity::task,
                                    .pid = static_cast<int>(100 + member),
                                    .call = of,
                                    .task = task,
                                    .for_ns = for_ns};
    };
    // The first is at a task whose result is there, the second at a short one, the third at a long one, and
    // the last at one of another call.
    pool_.answer_status({doing(0, 0, 9'000'000'000, call->id), doing(1, 1, 1'000'000, call->id),
                         doing(2, 2, 5'000'000'000, call->id), doing(3, 3, 9'000'000'000, CallId{4})});
    WorkersNow workers{tasks_, run, pool_};
    workers.note([&](link::MemberActivity const& what) { return call->flight_of(what); });
    auto const& now = run.tally().now;
    ASSERT_THAT(now, SizeIs(4));
    EXPECT_EQ(now[0].pid, 102);
    EXPECT_EQ(now[0].activity, WorkerNow::Activity::task);
    EXPECT_EQ(now[0].task, 2);
    EXPECT_EQ(now[0].input, "input=2");
    EXPECT_EQ(now[1].pid, 101);
    EXPECT_EQ(now[2].pid, 100);
    EXPECT_EQ(now[2].activity, WorkerNow::Activity::waiting);
    EXPECT_EQ(now[3].pid, 103);
    EXPECT_EQ(now[3].activity, WorkerNow::Activity::waiting);
}

using SessionDeathTest = SessionTest;

TEST_F(SessionDeathTest, a_signal_ends_tasks_and_gathers_what_they_gave) {
    // In a process of its own, whose signals stay what they have become.
    auto const stopped = [this] {
        StopSignals const signals;
        pool_.work = [this](auto const& task) {
            if (task.input == 0) ::raise(SIGUSR2);
            pool_.at_once = 100;
            return task.input == 2 ? MadeUpPool::fail() : MadeUpPool::succeed(task);
        };
        run();
        bool const gathered = stored().size() == 3 && stored_failures() == 0 && pool_.status_queries > 0;
        std::exit(gathered && code_ == ExitCode::stopped_early && !pool_.is_shut_down ? 0 : 1);
    };
    EXPECT_EXIT(stopped(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace rankpool::batch
