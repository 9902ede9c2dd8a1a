// SPDX-License-Identifier: MIT
#include "rankpool/core/ids.hpp"
#include "rankpool/schedule/scheduler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <numeric>
#include <queue>
#include <random>
#include <variant>
#include <vector>

namespace rankpool::schedule {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// From a worker to the scheduler or back.
constexpr nanoseconds one_way = 50us;
/// As a pool's home has it before it recalls what others have not begun.
constexpr nanoseconds patience = 1ms;
constexpr std::uint64_t task_bytes = 8;
constexpr CallId call{0};

struct Scene {
    std::size_t workers = 2;
    std::size_t chunksize = 0;
    std::uint64_t parcel = 4096;
};

struct Measured {
    double efficiency = 0;
    std::uint64_t batches = 0;
};

/// Workers with a clock of their own that do one call's tasks; all of it is at hand from the start.
class Simulation {
  public:
    Simulation(Scene scene, std::vector<nanoseconds> const& times)
        : times_{times}, scheduler_{Policy{.size = scene.workers}}, workers_(scene.workers) {
        scheduler_.call_opened(call, {.chunksize = scene.chunksize});
        for (std::uint64_t first = 0; first < times.size(); first += scene.parcel) {
            std::uint64_t const count = std::min<std::uint64_t>(scene.parcel, times.size() - first);
            scheduler_.tasks_added(call, count, count * task_bytes);
        }
        for (std::uint32_t i = 0; i < scene.workers; ++i) scheduler_.member_up(Member{i});
    }

    Measured run() {
        hand_out();
        while (!events_.empty()) {
            Event const event = events_.top();
            events_.pop();
            now_ = event.at;
            switch (event.kind) {
                case Kind::arrives:
                    arrive(event.assign);
                    break;
                case Kind::ends:
                    end(event.assign);
                    break;
                case Kind::told:
                    scheduler_.tasks_done(event.assign.member, {call, event.assign.first}, event.assign.count,
                                          work(event.assign));
                    ended_ = now_;
                    hand_out();
                    break;
                case Kind::asks:
                    give_back(event.assign, event.shares);
                    break;
                case Kind::gives_back:
                    scheduler_.tasks_recalled(event.assign.member, event.assign.ticket, event.assign.first,
                                              event.assign.count, event.shares);
                    hand_out();
                    break;
                case Kind::looks:
                    looks_ = false;
                    scheduler_.members_wait();
                    hand_out();
                    break;
            }
        }
        EXPECT_EQ(scheduler_.unfinished(call), 0U);
        nanoseconds const serial = std::accumulate(times_.begin(), times_.end(), nanoseconds{0});
        double const ideal = static_cast<double>(serial.count()) / static_cast<double>(workers_.size());
        return {ideal / static_cast<double>(ended_.count()), batches_};
    }

  private:
    enum class Kind { arrives, ends, told, asks, gives_back, looks };
    struct Event {
        nanoseconds at;
        std::uint64_t number;
        Kind kind;
        Assign assign;
        std::size_t shares;

        bool operator>(Event const& other) const {
            return at != other.at ? at > other.at : number > other.number;
        }
    };
    struct Held {
        Assign assign;
        nanoseconds since;  ///< when the first of its tasks began
    };

    void hand_out() {
        while (auto const decision = scheduler_.next()) {
            if (auto const* recall = std::get_if<Recall>(&*decision)) {
                post(one_way, Kind::asks,
                     {call, recall->member, recall->first, recall->count, recall->ticket}, recall->shares);
            } else {
                ++batches_;
                post(one_way, Kind::arrives, std::get<Assign>(*decision));
            }
        }
        if (!looks_ && scheduler_.may_recall()) {
            looks_ = true;
            post(patience, Kind::looks, {});
        }
    }

    void arrive(Assign const& assign) {
        auto& line = workers_.at(assign.member.value);
        line.push_back({assign, now_});
        if (line.size() == 1) post(work(assign), Kind::ends, assign);
    }

    void end(Assign const& assign) {
        auto& line = workers_.at(assign.member.value);
        // What has been cut ends at another time.
        bool const is_stale = line.empty() || line.front().assign.first != assign.first ||
                              line.front().assign.count != assign.count;
        if (is_stale) return;
        post(one_way, Kind::told, assign);
        line.pop_front();
        if (line.empty()) return;
        line.front().since = now_;
        post(work(line.front().assign), Kind::ends, line.front().assign);
    }

    /// The worker keeps what it has begun, and one of `shares` parts of the rest.
    void give_back(Assign asked, std::size_t shares) {
        auto& line = workers_.at(asked.member.value);
        auto const held = std::find_if(line.begin(), line.end(), [&](Held const& each) {
            return each.assign.ticket.place == asked.ticket.place &&
                   each.assign.ticket.number == asked.ticket.number;
        });
        std::uint64_t kept = asked.count;
        if (held != line.end()) {
            std::uint64_t const begun = held == line.begin() ? begun_of(*held) : 0;
            kept = begun + (held->assign.count - begun) / shares;
            if (kept < held->assign.count) cut(line, held, kept);
        }
        asked.first += kept;
        asked.count -= kept;
        post(one_way, Kind::gives_back, asked);
    }

    void cut(std::deque<Held>& line, std::deque<Held>::iterator held, std::uint64_t kept) {
        held->assign.count = kept;
        if (kept == 0) {
            line.erase(held);
        } else if (held == line.begin()) {
            post(held->since + work(held->assign) - now_, Kind::ends, held->assign);
        }
    }

    [[nodiscard]] std::uint64_t begun_of(Held const& held) const {
        nanoseconds begins = held.since;
        std::uint64_t begun = 0;
        for (; begun < held.assign.count && begins <= now_; ++begun) {
            begins += times_.at(held.assign.first + begun);
        }
        return begun;
    }

    [[nodiscard]] nanoseconds work(Assign const& assign) const {
        auto const first = times_.begin() + static_cast<std::ptrdiff_t>(assign.first);
        return std::accumulate(first, first + static_cast<std::ptrdiff_t>(assign.count), nanoseconds{0});
    }

    void post(nanoseconds delay, Kind kind, Assign const& assign, std::size_t shares = 0) {
        events_.push({now_ + delay, posted_++, kind, assign, shares});
    }

    std::vector<nanoseconds> const& times_;
    Scheduler scheduler_;
    std::vector<std::deque<Held>> workers_;
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    nanoseconds now_{0};
    nanoseconds ended_{0};
    bool looks_ = false;
    std::uint64_t posted_ = 0;
    std::uint64_t batches_ = 0;
};

/// Log-normal task times: most are short, one in a hundred takes six times the mean.
std::vector<nanoseconds> uneven(std::size_t count, nanoseconds mean, unsigned seed) {
    constexpr double sigma = 1;
    std::mt19937_64 random{seed};
    auto const mu = std::log(static_cast<double>(mean.count())) - sigma * sigma / 2;
    std::lognormal_distribution<double> time{mu, sigma};
    std::vector<nanoseconds> times(count);
    for (auto& each : times) each = nanoseconds{static_cast<std::int64_t>(time(random))};
    return times;
}

/// What greedy workers reach that ask for one task at a time and get it at once.
double ideal_efficiency(std::size_t workers, std::vector<nanoseconds> const& times) {
    std::priority_queue<nanoseconds, std::vector<nanoseconds>, std::greater<>> free_at;
    for (std::size_t i = 0; i < workers; ++i) free_at.push(0ns);
    nanoseconds end{0};
    nanoseconds serial{0};
    for (nanoseconds const time : times) {
        nanoseconds const done = free_at.top() + time;
        free_at.pop();
        free_at.push(done);
        end = std::max(end, done);
        serial += time;
    }
    return static_cast<double>(serial.count()) / static_cast<double>(workers) /
           static_cast<double>(end.count());
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
        auto const times = uneven(count, mean, seed);
        double const efficiency = Simulation{scene, times}.run().efficiency;
        out.efficiency.push_back(efficiency);
        out.of_ideal.push_back(efficiency / ideal_efficiency(scene.workers, times));
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
        auto const measured = Simulation({.workers = 4, .chunksize = chunksize}, times).run();
        EXPECT_GT(measured.efficiency / ideal_efficiency(4, times), 0.95) << chunksize;
    }
}

TEST(SimulationTest, equal_tasks_end_together) {
    std::vector<nanoseconds> const times(64 * 20, 50ms);
    EXPECT_GT(Simulation({.workers = 64}, times).run().efficiency, 0.97);
}

TEST(SimulationTest, trivial_tasks_go_in_full_batches) {
    std::vector<nanoseconds> const times(1'000'000, 100ns);
    std::uint64_t const full_batches = times.size() * task_bytes / Scheduler::batch_bytes + 1;
    for (std::size_t const chunksize : {0U, 1U}) {
        auto const measured = Simulation({.chunksize = chunksize, .parcel = 1 << 18}, times).run();
        EXPECT_GT(measured.efficiency, 0.95);
        EXPECT_LT(measured.batches, full_batches + 20);
    }
}

TEST(SimulationTest, a_hundred_thousand_workers_take_seconds) {
    Scene const scene{.workers = 100'000};
    auto const times = uneven(1'000'000, 100ms, 1);
    auto const begin = std::chrono::steady_clock::now();
    auto const measured = Simulation{scene, times}.run();
    auto const elapsed = std::chrono::steady_clock::now() - begin;
    EXPECT_GT(measured.efficiency / ideal_efficiency(scene.workers, times), 0.97);
    // A loop over the members per event would take hours.
    EXPECT_LT(elapsed, 60s);
    nanoseconds const per_batch = elapsed / measured.batches;
    RecordProperty("ns_per_batch", static_cast<int>(per_batch.count()));
}

}  // namespace
}  // namespace rankpool::schedule
