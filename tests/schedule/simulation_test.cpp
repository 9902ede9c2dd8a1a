// SPDX-License-Identifier: MIT
#include "rankpool/schedule/scheduler.hpp"

#include "tests/simulate/pool_simulation.hpp"
#include "tests/simulate/task_times.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rankpool::schedule {
namespace {

using simulate::Outcome;
using simulate::PoolSimulation;
using simulate::Setup;
using simulate::TaskTimes;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// Between a worker and its supervisor, and between ranks.
constexpr nanoseconds one_way = 50us;
constexpr std::uint64_t task_bytes = 8;

struct Scene {
    std::size_t workers = 2;
    std::size_t chunksize = 0;
    std::uint64_t parcel = 4096;
};

/// Workers with a clock of their own that do one call's tasks; all of it is at hand from the start, and
/// nothing but tasks and the ways of messages takes time. Each batch is told when it is done.
Outcome simulate_scene(Scene scene, TaskTimes const& times) {
    Setup const setup{.workers = scene.workers,
                      .workers_per_rank = 1,
                      .chunksize = scene.chunksize,
                      .task_bytes = task_bytes,
                      .parcel = scene.parcel,
                      .is_all_at_hand = true,
                      .flush_after = 1000h,
                      .machine = {.network = one_way, .local = one_way}};
    Outcome const outcome = PoolSimulation{setup, times}.run();
    EXPECT_TRUE(outcome.is_complete);
    return outcome;
}

/// Sorted, one for each of some seeds.
struct Spread {
    std::vector<double> efficiency;
    std::vector<double> of_ideal;
};

double lowest(std::vector<double> const& sorted) {
    return sorted.front();
}
double median(std::vector<double> const& sorted) {
    return sorted.at(sorted.size() / 2);
}

Spread spread(Scene scene, std::size_t count, nanoseconds mean) {
    Spread out;
    for (unsigned seed = 1; seed <= 41; ++seed) {
        auto const times = simulate::log_normal_times(count, mean, seed);
        double const efficiency = simulate_scene(scene, times).efficiency;
        out.efficiency.push_back(efficiency);
        out.of_ideal.push_back(efficiency / simulate::greedy_efficiency(scene.workers, times));
    }
    std::sort(out.efficiency.begin(), out.efficiency.end());
    std::sort(out.of_ideal.begin(), out.of_ideal.end());
    return out;
}

TEST(SimulationTest, two_workers_share_uneven_tasks) {
    auto const [efficiency, of_ideal] = spread({.workers = 2}, 400, 5ms);
    EXPECT_GT(median(efficiency), 0.99);
    EXPECT_GT(lowest(efficiency), 0.97);
}

TEST(SimulationTest, many_workers_share_uneven_tasks) {
    EXPECT_GT(median(spread({.workers = 64}, 3'200, 50ms).of_ideal), 0.98);
    EXPECT_GT(median(spread({.workers = 1000}, 50'000, 5ms).of_ideal), 0.97);
}

TEST(SimulationTest, short_tasks_do_not_wait_for_messages) {
    EXPECT_GT(median(spread({.workers = 16}, 1'600, 1ms).of_ideal), 0.97);
    EXPECT_GT(median(spread({.workers = 2}, 2'000, 100us).of_ideal), 0.98);
}

TEST(SimulationTest, a_short_first_task_does_not_mislead) {
    EXPECT_GT(lowest(spread({.workers = 64}, 64'000, 50us).of_ideal), 0.95);
}

TEST(SimulationTest, chunks_cost_little) {
    EXPECT_GT(median(spread({.workers = 64, .chunksize = 10}, 6'400, 5ms).of_ideal), 0.93);
}

/// Without a recall all but the first of ten would wait for that one.
TEST(SimulationTest, no_task_waits_behind_a_long_one) {
    for (std::size_t const chunksize : {0U, 10U, 500U}) {
        std::vector<nanoseconds> times(1000, 1ms);
        times.front() = 500ms;
        auto const measured = simulate_scene({.workers = 4, .chunksize = chunksize}, times);
        EXPECT_GT(measured.efficiency / simulate::greedy_efficiency(4, times), 0.95) << chunksize;
    }
}

TEST(SimulationTest, equal_tasks_end_together) {
    std::vector<nanoseconds> const times(64 * 20, 50ms);
    EXPECT_GT(simulate_scene({.workers = 64}, times).efficiency, 0.97);
}

TEST(SimulationTest, trivial_tasks_go_in_full_batches) {
    std::vector<nanoseconds> const times(1'000'000, 100ns);
    std::uint64_t const full_batches = times.size() * task_bytes / Scheduler::batch_bytes + 1;
    for (std::size_t const chunksize : {0U, 1U}) {
        auto const measured = simulate_scene({.chunksize = chunksize, .parcel = 1 << 18}, times);
        EXPECT_GT(measured.efficiency, 0.95);
        EXPECT_LT(measured.batches, full_batches + 20);
    }
}

/// A loop over the members for each event would take hours.
TEST(SimulationTest, many_workers_come_close_to_the_greedy_bound) {
    Scene const scene{.workers = 30'000};
    auto const times = simulate::log_normal_times(300'000, 100ms, 1);
    EXPECT_GT(simulate_scene(scene, times).efficiency / simulate::greedy_efficiency(scene.workers, times),
              0.97);
}

}  // namespace
}  // namespace rankpool::schedule
