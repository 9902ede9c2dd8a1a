// SPDX-License-Identifier: MIT
#include "rankpool/schedule/scheduler.hpp"

#include "rankpool/core/ids.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <variant>
#include <vector>

namespace rankpool::schedule {

static bool operator==(Assign const& a, Assign const& b) {
    return a.call == b.call && a.member == b.member && a.first == b.first && a.count == b.count;
}
static std::ostream& operator<<(std::ostream& out, Assign const& a) {
    return out << "call " << a.call.value << ": " << a.count << " from " << a.first << " to "
               << a.member.value;
}

namespace {

using namespace std::chrono_literals;

constexpr CallId call{7};
constexpr CallId second_call{3};
constexpr Member m0{0};
constexpr Member m1{1};

/// A scheduler whose members are all up, with `call` opened.
class Bench {
  public:
    explicit Bench(Policy policy, CallPolicy call_policy = {}) : scheduler{policy} {
        for (std::uint32_t i = 0; i < policy.size; ++i) scheduler.member_up(Member{i});
        scheduler.call_opened(call, call_policy);
    }

    /// All decisions until there is none.
    std::vector<Decision> decisions() {
        std::vector<Decision> all;
        while (auto decision = scheduler.next()) all.push_back(*decision);
        return all;
    }

    /// The same where only assignments are due.
    std::vector<Assign> assigns() {
        std::vector<Assign> all;
        for (Decision const& decision : decisions()) all.push_back(std::get<Assign>(decision));
        return all;
    }

    void add(std::uint64_t count, std::uint64_t bytes = 0) { scheduler.tasks_added(call, count, bytes); }

    void done(Assign const& batch, std::chrono::nanoseconds per_task) {
        scheduler.tasks_done(batch.member, {batch.call, batch.first}, batch.count,
                             per_task * static_cast<std::int64_t>(batch.count));
    }

    /// Has `tasks` tasks done, so that their time is known.
    void measure(std::uint64_t tasks, std::chrono::nanoseconds per_task) {
        add(tasks);
        for (auto batches = assigns(); !batches.empty(); batches = assigns()) {
            for (Assign const& batch : batches) done(batch, per_task);
        }
        ASSERT_EQ(scheduler.unfinished(call), 0U);
    }

    Scheduler scheduler;
};

using Assigns = std::vector<Assign>;

TEST(SchedulerTest, nothing_to_decide_without_members_or_tasks) {
    Scheduler scheduler{{.size = 1}};
    scheduler.call_opened(call, {});
    EXPECT_FALSE(scheduler.next());
    scheduler.tasks_added(call, 1, 8);
    EXPECT_FALSE(scheduler.next());
    scheduler.member_up(m0);
    EXPECT_TRUE(scheduler.next());
    EXPECT_FALSE(scheduler.next());
}

TEST(SchedulerTest, members_without_work_come_first) {
    Bench bench{{.size = 2}};
    bench.add(5);
    EXPECT_EQ(bench.assigns(),
              (Assigns{{call, m0, 0, 1}, {call, m1, 1, 1}, {call, m0, 2, 1}, {call, m1, 3, 1}}));
}

TEST(SchedulerTest, a_member_has_two_batches_at_most) {
    Bench bench{{.size = 1}};
    bench.add(100);
    EXPECT_EQ(bench.assigns().size(), 2U);
    bench.scheduler.tasks_done(m0, {call, 0}, 1, 1us);
    EXPECT_EQ(bench.assigns().size(), 1U);
}

TEST(SchedulerTest, calls_are_served_in_the_order_opened) {
    Bench bench{{.size = 1}};
    bench.scheduler.call_opened(second_call, {});
    bench.scheduler.tasks_added(second_call, 1, 0);
    bench.add(1);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m0, 0, 1}, {second_call, m0, 0, 1}}));
}

TEST(SchedulerTest, many_calls_of_one_task_are_prefetched) {
    Bench bench{{.size = 2}};
    for (std::uint32_t i = 100; i < 110; ++i) {
        bench.scheduler.call_opened(CallId{i}, {});
        bench.scheduler.tasks_added(CallId{i}, 1, 0);
    }
    EXPECT_EQ(bench.assigns().size(), 4U);
}

TEST(SchedulerTest, the_last_tasks_of_unknown_length_wait_for_whoever_is_free) {
    Bench bench{{.size = 2}};
    bench.add(4);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m0, 0, 1}, {call, m1, 1, 1}, {call, m0, 2, 1}}));
    bench.scheduler.tasks_done(m1, {call, 1}, 1, 1s);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m1, 3, 1}}));
}

TEST(SchedulerTest, short_tasks_reach_full_batches_within_a_few) {
    Bench bench{{.size = 1}};
    bench.add(1'000'000);
    std::uint64_t largest = 0;
    for (int round = 0; round < 8; ++round) {
        for (Assign const& batch : bench.assigns()) {
            largest = batch.count;
            bench.done(batch, 10us);
        }
    }
    EXPECT_EQ(largest, Scheduler::batch_time / 10us);
}

TEST(SchedulerTest, batches_keep_to_their_bytes_and_their_parcel) {
    Bench bench{{.size = 1}};
    bench.measure(10'000, 100ns);
    bench.add(250, 250 * Scheduler::batch_bytes / 100);
    std::vector<std::uint64_t> counts;
    for (auto batches = bench.assigns(); !batches.empty(); batches = bench.assigns()) {
        for (Assign const& batch : batches) {
            counts.push_back(batch.count);
            bench.done(batch, 100ns);
        }
    }
    EXPECT_EQ(counts, (std::vector<std::uint64_t>{100, 100, 50}));

    bench.add(30);
    bench.add(40);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m0, 10'250, 30}, {call, m0, 10'280, 40}}));
}

TEST(SchedulerTest, batches_shrink_towards_the_end) {
    Bench bench{{.size = 1}};
    bench.measure(10'000, 10us);
    bench.add(16);
    std::vector<std::uint64_t> counts;
    for (auto batches = bench.assigns(); !batches.empty(); batches = bench.assigns()) {
        for (Assign const& batch : batches) {
            counts.push_back(batch.count);
            bench.done(batch, 10us);
        }
    }
    EXPECT_EQ(counts, (std::vector<std::uint64_t>{4, 3, 2, 1, 1, 1, 1, 1, 1, 1}));
}

TEST(SchedulerTest, nothing_waits_behind_a_long_task_at_the_end) {
    Bench bench{{.size = 2}};
    bench.measure(10, 50ms);
    bench.add(3);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m0, 10, 1}, {call, m1, 11, 1}}));
    bench.scheduler.tasks_done(m1, {call, 11}, 1, 50ms);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m1, 12, 1}}));
}

TEST(SchedulerTest, short_tasks_are_prefetched_to_the_end) {
    Bench bench{{.size = 2}};
    bench.measure(10, 20us);
    bench.add(3);
    EXPECT_EQ(bench.assigns().size(), 3U);
}

TEST(SchedulerTest, chunk_is_never_split) {
    Bench bench{{.size = 1}, {.chunksize = 10}};
    bench.add(40);
    bench.add(25);
    std::vector<std::uint64_t> begins;
    for (auto batches = bench.assigns(); !batches.empty(); batches = bench.assigns()) {
        for (Assign const& batch : batches) {
            begins.push_back(batch.first);
            EXPECT_TRUE(batch.count % 10 == 0 || batch.first + batch.count == 65);
            bench.done(batch, 50us);
        }
    }
    EXPECT_EQ(begins, (std::vector<std::uint64_t>{0, 10, 20, 30, 40, 50, 60}));
}

TEST(SchedulerTest, placed_tasks_are_with_their_member_already) {
    Bench bench{{.size = 2}};
    bench.scheduler.tasks_placed(call, m0, 50);
    bench.scheduler.tasks_placed(call, m1, 50);
    EXPECT_TRUE(bench.decisions().empty());
    EXPECT_EQ(bench.scheduler.unfinished(call), 100U);
    bench.scheduler.tasks_done(m1, {call, 50}, 50, 1ms);
    EXPECT_EQ(bench.scheduler.unfinished(call), 50U);
    EXPECT_EQ(bench.scheduler.finished_below(call), 0U);
}

TEST(SchedulerTest, tasks_placed_at_a_lost_member_go_to_others) {
    Bench bench{{.size = 2}};
    bench.scheduler.member_down(m0, EndCause::crashed, std::nullopt);
    bench.scheduler.tasks_placed(call, m0, 1);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m1, 0, 1}}));
}

TEST(SchedulerTest, partial_progress_is_kept_when_the_member_is_lost) {
    Bench bench{{.size = 1}, {.chunksize = 10}};
    bench.add(10);
    ASSERT_EQ(bench.assigns().size(), 1U);
    bench.scheduler.tasks_done(m0, {call, 0}, 4, 4us);
    bench.scheduler.member_down(m0, EndCause::retired, std::nullopt);
    bench.scheduler.member_up(m0);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m0, 4, 6}}));
}

TEST(SchedulerTest, what_a_lost_member_held_goes_first) {
    Bench bench{{.size = 2}, {.chunksize = 10}};
    bench.add(100);
    ASSERT_EQ(bench.assigns().size(), 4U);
    bench.scheduler.member_down(m0, EndCause::crashed, std::nullopt);
    bench.scheduler.tasks_done(m1, {call, 10}, 10, 10us);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m1, 0, 10}}));
}

TEST(SchedulerTest, a_task_that_lost_a_worker_comes_alone_and_fails_at_the_limit) {
    Bench bench{{.size = 1, .crash_limit = 2}, {.chunksize = 4}};
    bench.add(4);
    ASSERT_EQ(bench.assigns(), (Assigns{{call, m0, 0, 4}}));
    bench.scheduler.tasks_done(m0, {call, 0}, 1, 1us);
    bench.scheduler.member_down(m0, EndCause::crashed, TaskId{call, 1});
    EXPECT_TRUE(bench.decisions().empty());
    bench.scheduler.member_up(m0);
    ASSERT_EQ(bench.assigns(), (Assigns{{call, m0, 1, 1}, {call, m0, 2, 2}}));

    bench.scheduler.member_down(m0, EndCause::crashed, TaskId{call, 1});
    auto const sentences = bench.decisions();
    ASSERT_EQ(sentences.size(), 1U);
    auto const fail = std::get<Fail>(sentences.front());
    EXPECT_EQ(fail.call, call);
    EXPECT_EQ(fail.member, m0);
    EXPECT_EQ(fail.task, 1U);
    EXPECT_EQ(fail.cause, EndCause::crashed);
    EXPECT_EQ(fail.crashes, 2U);
    EXPECT_EQ(bench.scheduler.finished_below(call), 2U);

    bench.scheduler.member_up(m0);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m0, 2, 2}}));
}

TEST(SchedulerTest, a_task_at_its_limit_of_time_or_memory_fails_at_once) {
    for (EndCause const loss : {EndCause::timed_out, EndCause::over_memory}) {
        Bench bench{{.size = 1, .crash_limit = 5}};
        bench.add(1);
        ASSERT_EQ(bench.assigns().size(), 1U);
        bench.scheduler.member_down(m0, loss, TaskId{call, 0});
        auto const sentences = bench.decisions();
        ASSERT_EQ(sentences.size(), 1U);
        EXPECT_EQ(std::get<Fail>(sentences.front()).cause, loss);
        EXPECT_EQ(std::get<Fail>(sentences.front()).crashes, 1U);
        EXPECT_EQ(bench.scheduler.unfinished(call), 0U);
    }
}

TEST(SchedulerTest, nobody_is_blamed_without_a_running_task_of_that_member) {
    Bench bench{{.size = 1, .crash_limit = 1}};
    bench.add(1);
    for (auto const running : {std::optional<TaskId>{}, std::optional{TaskId{call, 5}}}) {
        ASSERT_EQ(bench.assigns(), (Assigns{{call, m0, 0, 1}}));
        bench.scheduler.member_down(m0, EndCause::crashed, running);
        EXPECT_TRUE(bench.decisions().empty());
        bench.scheduler.member_up(m0);
    }
    EXPECT_EQ(bench.assigns().size(), 1U);
}

TEST(SchedulerTest, a_process_retires_after_its_chunks) {
    Bench bench{{.size = 1, .maxtasksperchild = 2}, {.chunksize = 5}};
    bench.add(40);
    auto const first_life = bench.decisions();
    ASSERT_EQ(first_life.size(), 3U);
    EXPECT_EQ(std::get<Assign>(first_life.at(0)).count, 5U);
    EXPECT_EQ(std::get<Assign>(first_life.at(1)).count, 5U);
    EXPECT_EQ(std::get<Retire>(first_life.at(2)).member, m0);
    bench.scheduler.tasks_done(m0, {call, 0}, 10, 10us);
    EXPECT_TRUE(bench.decisions().empty());

    bench.scheduler.member_down(m0, EndCause::retired, std::nullopt);
    EXPECT_TRUE(bench.decisions().empty());
    bench.scheduler.member_up(m0);
    auto const second_life = bench.decisions();
    ASSERT_EQ(second_life.size(), 3U);
    EXPECT_EQ(std::get<Assign>(second_life.front()), (Assign{call, m0, 10, 5}));
    EXPECT_TRUE(std::holds_alternative<Retire>(second_life.back()));
}

TEST(SchedulerTest, a_member_that_rests_gets_nothing_until_it_wakes) {
    Bench bench{{.size = 2}};
    bench.scheduler.member_rests(m0);
    bench.add(1);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m1, 0, 1}}));
    bench.scheduler.member_rests(m1);
    bench.done({call, m1, 0, 1}, 1ms);
    bench.add(1);
    EXPECT_EQ(bench.assigns(), Assigns{});
    // Another process of a member rests as well.
    bench.scheduler.member_down(m0, EndCause::crashed, std::nullopt);
    bench.scheduler.member_up(m0);
    EXPECT_EQ(bench.assigns(), Assigns{});
    bench.scheduler.member_wakes(m0);
    EXPECT_EQ(bench.assigns(), (Assigns{{call, m0, 1, 1}}));
}

TEST(SchedulerTest, a_retirement_not_yet_asked_for_dies_with_its_process) {
    Bench bench{{.size = 1, .maxtasksperchild = 1}};
    bench.add(1);
    ASSERT_TRUE(bench.scheduler.next());
    bench.scheduler.member_down(m0, EndCause::crashed, std::nullopt);
    bench.scheduler.member_up(m0);
    auto const decisions = bench.decisions();
    ASSERT_EQ(decisions.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<Assign>(decisions.at(0)));
    EXPECT_TRUE(std::holds_alternative<Retire>(decisions.at(1)));
}

TEST(SchedulerTest, cancel_drops_what_is_at_hand_and_lets_the_rest_finish) {
    Bench bench{{.size = 1}};
    bench.add(100);
    ASSERT_EQ(bench.assigns().size(), 2U);
    bench.scheduler.call_cancelled(call);
    EXPECT_EQ(bench.scheduler.unfinished(call), 2U);
    EXPECT_EQ(bench.scheduler.finished_below(call), 0U);
    bench.add(5);
    EXPECT_EQ(bench.scheduler.unfinished(call), 2U);
    bench.scheduler.tasks_done(m0, {call, 0}, 1, 1us);
    EXPECT_EQ(bench.scheduler.finished_below(call), 1U);

    bench.scheduler.member_down(m0, EndCause::timed_out, TaskId{call, 1});
    EXPECT_EQ(bench.scheduler.unfinished(call), 0U);
    EXPECT_EQ(bench.scheduler.finished_below(call), 105U);
    bench.scheduler.member_up(m0);
    EXPECT_TRUE(bench.decisions().empty());
}

TEST(SchedulerTest, batches_of_a_closed_call_still_fill_their_places) {
    Bench bench{{.size = 1}};
    bench.add(100);
    ASSERT_EQ(bench.assigns().size(), 2U);
    bench.scheduler.call_closed(call);
    bench.scheduler.call_opened(second_call, {});
    bench.scheduler.tasks_added(second_call, 10, 0);
    EXPECT_TRUE(bench.decisions().empty());
    bench.scheduler.tasks_done(m0, {call, 0}, 2, 2us);
    EXPECT_EQ(bench.assigns().size(), 2U);
    EXPECT_EQ(bench.scheduler.unfinished(call), 0U);
}

TEST(SchedulerTest, what_a_member_does_not_hold_is_not_done_by_it) {
    Bench bench{{.size = 2}};
    bench.add(2);
    ASSERT_EQ(bench.assigns().size(), 2U);
    bench.scheduler.tasks_done(m0, {call, 1}, 1, 1us);
    bench.scheduler.tasks_done(m0, {CallId{99}, 0}, 1, 1us);
    EXPECT_EQ(bench.scheduler.unfinished(call), 2U);
    bench.scheduler.tasks_done(m0, {call, 0}, 2, 1us);
    EXPECT_EQ(bench.scheduler.unfinished(call), 1U);
}

TEST(SchedulerTest, finished_below_waits_for_the_slowest) {
    Bench bench{{.size = 3}};
    bench.add(3);
    ASSERT_EQ(bench.assigns().size(), 3U);
    bench.scheduler.tasks_done(Member{2}, {call, 2}, 1, 1ms);
    EXPECT_EQ(bench.scheduler.finished_below(call), 0U);
    bench.scheduler.tasks_done(m0, {call, 0}, 1, 1ms);
    EXPECT_EQ(bench.scheduler.finished_below(call), 1U);
    bench.scheduler.tasks_done(m1, {call, 1}, 1, 1ms);
    EXPECT_EQ(bench.scheduler.finished_below(call), 3U);
}

TEST(SchedulerTest, a_call_comes_back_unless_some_of_it_has_begun) {
    for (bool const has_begun : {false, true}) {
        Bench bench{{.size = 1}};
        bench.add(1);
        (void)bench.assigns();
        bench.scheduler.call_opened(second_call, {});
        bench.scheduler.tasks_added(second_call, 1, 0);
        auto const ahead = bench.assigns();
        ASSERT_EQ(ahead.size(), 1U);
        bench.scheduler.recall_call(second_call);
        auto const decisions = bench.decisions();
        ASSERT_EQ(decisions.size(), 1U);
        auto const recall = std::get<Recall>(decisions.front());
        EXPECT_EQ(recall.call, second_call);
        EXPECT_EQ(recall.shares, Recall::all);
        EXPECT_EQ(bench.scheduler.has_come_back(second_call), std::nullopt);
        bench.scheduler.tasks_recalled(m0, recall.ticket, has_begun ? 1 : 0, has_begun ? 0 : 1,
                                       recall.shares);
        EXPECT_EQ(bench.scheduler.has_come_back(second_call), !has_begun);
        // What came back stays until it is said what becomes of it.
        bench.scheduler.tasks_done(m0, {call, 0}, 1, 1ms);
        EXPECT_TRUE(bench.decisions().empty());
        bench.scheduler.resume_call(second_call);
        EXPECT_EQ(bench.assigns().size(), has_begun ? 0U : 1U);
    }
}

TEST(SchedulerTest, what_was_given_ahead_lets_a_higher_priority_pass) {
    Bench bench{{.size = 1}};
    bench.add(3);
    ASSERT_EQ(bench.assigns().size(), 2U);
    auto const urgent = second_call;
    bench.scheduler.call_opened(urgent, {.priority = 1});
    bench.scheduler.tasks_added(urgent, 1, 0);
    auto const decisions = bench.decisions();
    ASSERT_EQ(decisions.size(), 2U);
    auto const ahead = std::get<Recall>(decisions.back());
    EXPECT_EQ(std::make_pair(ahead.first, ahead.shares), (std::pair{std::uint64_t{1}, Recall::all}));
    auto const begun = std::get<Recall>(decisions.front());
    bench.scheduler.tasks_recalled(m0, begun.ticket, 1, 0, begun.shares);
    bench.scheduler.tasks_recalled(m0, ahead.ticket, 1, 1, ahead.shares);
    bench.scheduler.tasks_done(m0, {call, 0}, 1, 1ms);
    auto const next = bench.assigns();
    ASSERT_FALSE(next.empty());
    EXPECT_EQ(next.front(), (Assign{urgent, m0, 0, 1}));
}

TEST(SchedulerTest, equal_and_lower_priorities_wait_their_turn) {
    for (int const priority : {0, -1}) {
        Bench bench{{.size = 1}};
        bench.add(2);
        ASSERT_EQ(bench.assigns().size(), 2U);
        bench.scheduler.call_opened(second_call, {.priority = priority});
        bench.scheduler.tasks_added(second_call, 1, 0);
        EXPECT_TRUE(bench.decisions().empty());
    }
}

}  // namespace
}  // namespace rankpool::schedule
