// SPDX-License-Identifier: MIT
#include "tests/simulate/pool_simulation.hpp"

#include "tests/simulate/question.hpp"
#include "tests/simulate/task_times.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>

namespace rankpool::simulate {
namespace {

using namespace std::chrono_literals;

/// Of each machine part another time, so that none can be taken for another.
Machine distinct() {
    return {.receive = 1us,
            .send = 2us,
            .from_worker = 4us,
            .to_worker = 8us,
            .wake = 10us,
            .asleep = 6us,
            .scan = 100ns,
            .results = 32us,
            .to_owner = 7us,
            .assign = 64us,
            .task = 200ns,
            .byte = 1ns,
            .owner_frame = 128us,
            .owner_feed = 300ns,
            .owner_take = 400ns,
            .worker_frame = 256us,
            .worker_task = 500ns,
            .network = 512us,
            .network_byte = 2ns,
            .local = 1024us};
}

Outcome run(Setup const& setup, TaskTimes const& times) {
    Outcome const outcome = PoolSimulation{setup, times}.run();
    EXPECT_TRUE(outcome.is_complete);
    return outcome;
}

TEST(PoolSimulationTest, where_nothing_takes_time_equal_tasks_fill_all_workers) {
    auto const outcome = run({.workers = 100, .workers_per_rank = 10}, equal_times(2000, 10ms));
    EXPECT_DOUBLE_EQ(outcome.efficiency, 1);
    EXPECT_EQ(outcome.makespan, Nanoseconds{200ms});
}

TEST(PoolSimulationTest, one_task_takes_the_sum_of_its_way) {
    Machine const m = distinct();
    std::uint64_t const bytes = 8 + record_bytes;
    auto const record = m.byte * double{bytes};
    // Everybody is asleep at first, and so is the supervisor whenever the worker or a message is under way.
    auto const awake = m.wake + m.asleep + m.scan;
    Nanoseconds const there = m.owner_frame + m.owner_feed + m.local + awake + m.from_worker + m.task +
                              record + m.to_worker /* what the call is */ + m.assign + m.task + 2 * record +
                              m.to_worker + m.local;
    Nanoseconds const work = 5ms + m.worker_task + m.worker_frame + m.local;
    Nanoseconds const back = awake + m.from_worker + m.results + m.task + record + m.to_owner + m.local +
                             m.owner_frame + m.owner_take;
    auto const outcome = run({.workers = 1, .machine = m}, equal_times(1, 5ms));
    EXPECT_NEAR(outcome.makespan.count(), (there + work + back).count(), 1);
    // Rank 0's supervisor works in both, but for the ways and what others do.
    Nanoseconds const others = m.owner_frame + m.owner_feed + m.owner_take + m.owner_frame + 3 * m.local;
    Nanoseconds const works = there + back - others - 2 * m.asleep;
    EXPECT_NEAR(outcome.home_busy * outcome.makespan.count(), works.count(), 1);
}

TEST(PoolSimulationTest, the_way_to_another_rank_is_two_messages_longer) {
    Machine const m = distinct();
    // The giant is the first, so that it goes to rank 0; the other one is done long before.
    auto const makespan = [&](TaskTimes const& times) {
        return run({.workers = 2, .machine = m}, times).makespan;
    };
    Nanoseconds const here = makespan({1s, 1ms});
    Nanoseconds const there = makespan({1ms, 1s});
    Nanoseconds const record = m.byte * double{8 + record_bytes};
    Nanoseconds const frame = m.network_byte * double{8 + record_bytes + 100};
    // Two frames go there (what the call is, and the batch), one comes back, behind what the other worker
    // had.
    Nanoseconds const least = 2 * (m.network + frame) + m.send + m.receive + record;
    EXPECT_GT(there - here, least);
    EXPECT_LT(there - here, least + 500us);
}

TEST(PoolSimulationTest, rank_0_can_do_no_more_than_its_service_times_allow) {
    Machine const m{.receive = 6us, .send = 6us, .results = 2us, .assign = 1us};
    constexpr std::size_t workers = 2000;
    auto const outcome =
        run({.workers = workers, .workers_per_rank = 1, .machine = m}, equal_times(20 * workers, 25ms));
    // A batch for each task, so 15 us of each; what the call is goes along with the first.
    double const least = 20 * workers * 15e3;
    EXPECT_EQ(outcome.batches, 20 * workers);
    EXPECT_GT(outcome.makespan.count(), least);
    EXPECT_LT(outcome.makespan.count(), 1.1 * least);
    EXPECT_GT(outcome.home_busy, 0.95);
}

TEST(PoolSimulationTest, what_rank_0_has_for_a_rank_at_a_time_is_one_message) {
    Machine const m{.receive = 6us, .send = 6us, .results = 2us, .assign = 1us};
    constexpr std::size_t workers = 20'000;
    auto const outcome =
        run({.workers = workers, .workers_per_rank = 200, .machine = m}, equal_times(4 * workers, 25ms));
    EXPECT_EQ(outcome.batches, 4 * workers);
    // A bundle has room for some thirty frames; there and back.
    EXPECT_LT(outcome.messages, 2 * outcome.batches / 5);
    EXPECT_GT(outcome.messages, 2 * outcome.batches / 40);
    double const least = 4 * workers * 3e3;
    EXPECT_GT(outcome.makespan.count(), least);
    EXPECT_LT(outcome.makespan.count(), 2 * least);
}

TEST(PoolSimulationTest, shared_cores_do_one_thing_at_a_time) {
    Machine m{.worker_frame = 1ms};
    m.cores = 2;
    auto const outcome =
        run({.workers = 40, .workers_per_rank = 4, .awake_for = 0s, .machine = m}, equal_times(400, 1ms));
    // 400 results frames of 1 ms, by two at a time.
    EXPECT_GT(outcome.makespan, Nanoseconds{200ms});
    EXPECT_LT(outcome.makespan, Nanoseconds{215ms});
}

/// As on the test cluster, whose pools are slow to start.
TEST(PoolSimulationTest, a_supervisor_keeps_a_shared_core_while_it_looks_for_more) {
    Machine m{};
    m.cores = 2;
    auto const outcome = run({.workers = 101, .workers_per_rank = 1, .machine = m}, equal_times(101, 1ms));
    // 100 ranks hear of their batch, and of the results: each time one keeps one of two cores for 200 us.
    EXPECT_GT(outcome.makespan, Nanoseconds{18ms});
    EXPECT_LT(outcome.makespan, Nanoseconds{25ms});
}

TEST(PoolSimulationTest, what_is_taken_back_is_done_by_another) {
    for (Nanoseconds const flush_after : {Nanoseconds{1ms}, Nanoseconds{1h}}) {
        auto const outcome =
            run({.workers = 2, .chunksize = 100, .flush_after = flush_after}, equal_times(100, 1ms));
        EXPECT_GE(outcome.recalls, 1U);
        // After 1 ms the other has half of what is left.
        EXPECT_GE(outcome.makespan, Nanoseconds{50ms});
        EXPECT_LE(outcome.makespan, Nanoseconds{52ms});
    }
}

TEST(PoolSimulationTest, more_to_do_never_helps) {
    double before = 1;
    for (auto const cost : {1us, 10us, 100us, 1000us}) {
        Machine const m{.receive = cost, .send = cost};
        auto const outcome =
            run({.workers = 256, .workers_per_rank = 16, .machine = m}, equal_times(5120, 50ms));
        EXPECT_LT(outcome.efficiency, before);
        before = outcome.efficiency;
    }
    before = 0;
    for (auto const length : {1ms, 10ms, 100ms, 1000ms}) {
        auto const outcome =
            run({.workers = 64, .workers_per_rank = 16, .machine = distinct()}, equal_times(1280, length));
        EXPECT_GT(outcome.efficiency, before);
        before = outcome.efficiency;
    }
}

TEST(PoolSimulationTest, a_giant_is_waited_for_and_nothing_else) {
    auto const times = one_giant(1280, 10ms, 5s, 1);
    auto const outcome = run({.workers = 64, .workers_per_rank = 16}, times);
    EXPECT_NEAR(outcome.efficiency / greedy_efficiency(64, times), 1, 0.01);
}

TEST(PoolSimulationTest, what_lost_ranks_had_is_done_once_by_others) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        Machine m = distinct();
        m.loss_notice = 50ms;
        auto const times = log_normal_times(3200, 10ms, seed);
        auto const outcome =
            run({.workers = 64, .workers_per_rank = 4, .rank_life = 2s, .seed = seed, .machine = m}, times);
        EXPECT_GT(outcome.losses, 0U);
        EXPECT_GT(outcome.repeated, 0U);
        auto const without = run({.workers = 64, .workers_per_rank = 4, .machine = m}, times);
        EXPECT_GE(outcome.makespan, without.makespan);
    }
}

TEST(PoolSimulationTest, guided_and_factoring_hand_out_the_chunks_of_their_papers) {
    // 100 tasks, 4 workers: 25 19 14 11 8 6 5 3 3 2 1 1 1 1, and rounds of 4 times 13 6 3 2 1.
    auto const times = equal_times(100, 1ms);
    EXPECT_EQ(run({.workers = 4, .policy = Policy::guided}, times).batches, 14U);
    EXPECT_EQ(run({.workers = 4, .policy = Policy::factoring}, times).batches, 20U);
}

TEST(PoolSimulationTest, greedy_workers_are_as_good_as_can_be_reckoned_by_hand) {
    EXPECT_DOUBLE_EQ(greedy_efficiency(2, {1ms, 1ms, 2ms}), 4.0 / 6);
    EXPECT_DOUBLE_EQ(greedy_efficiency(3, equal_times(6, 1s)), 1);
}

TEST(PoolSimulationTest, questions_are_answered_and_nonsense_is_refused) {
    std::string const said = answer(parse_question("workers 4 length 1e6 tasks 40 greedy 1 receive 1000"));
    EXPECT_NE(said.find("complete 1"), std::string::npos);
    EXPECT_NE(said.find("greedy 1"), std::string::npos);
    for (auto const* line :
         {"workers", "workers 0", "wrkers 4", "times odd", "policy odd", "length -1", "length 1x"}) {
        EXPECT_THROW(parse_question(line), std::invalid_argument) << line;
    }
}

}  // namespace
}  // namespace rankpool::simulate
