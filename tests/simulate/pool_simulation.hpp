// SPDX-License-Identifier: MIT
#pragma once

#include "tests/simulate/dispatcher.hpp"
#include "tests/simulate/event_queue.hpp"
#include "tests/simulate/machine.hpp"
#include "tests/simulate/station.hpp"
#include "tests/simulate/task_times.hpp"
#include "tests/simulate/worker.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace rankpool::simulate {

/// Of an input or result beside its value.
inline constexpr std::uint64_t record_bytes = 4;

/// One map of a pool.
struct Setup {
    std::size_t workers = 2;
    /// Of one rank; rank 0 has the owner and the pool's home besides.
    std::size_t workers_per_rank = 1;
    std::size_t chunksize = 0;
    Policy policy = Policy::rankpool;
    /// Of an input, and as many of a result.
    std::uint64_t task_bytes = 8;
    /// Tasks of one frame of inputs.
    std::uint64_t parcel = 4096;
    /// Else the owner sends one parcel after the other.
    bool is_all_at_hand = false;
    /// Results wait at most so long for others of their batch.
    Nanoseconds flush_after{4e6};
    /// A member may be without work for so long before others' is taken back for it.
    Nanoseconds wait_before_recall{1e6};
    /// A supervisor that had nothing to do for so long is asleep.
    Nanoseconds awake_for{200e3};
    /// Mean time between two losses of one rank, of those but rank 0; 0: none is lost.
    Nanoseconds rank_life{0};
    unsigned seed = 1;
    Machine machine{};
};

struct Outcome {
    double efficiency = 0;  ///< the tasks' time over that of all workers
    Nanoseconds makespan{0};
    std::uint64_t batches = 0;
    std::uint64_t recalls = 0;
    std::uint64_t result_frames = 0;
    std::uint64_t messages = 0;  ///< between ranks
    std::uint64_t losses = 0;    ///< of ranks
    std::uint64_t repeated = 0;  ///< tasks that were handed out again, since their worker was lost
    double home_busy = 0;        ///< share of the time in which rank 0's supervisor worked
    std::uint64_t events = 0;
    bool is_complete = false;  ///< each task has given its owner exactly one result
};

/// A pool on ranks, each process of which takes the time that a Machine says. The way of a task is that of
/// src/rankpool/README.md: owner, home, host, worker, and back; what is handed out to whom the pool's own
/// scheduler decides. Not in it: values that pass in pieces, priorities, several calls, fixed schedules, and
/// results that a supervisor passes on before the batch is done.
class PoolSimulation {
  public:
    PoolSimulation(Setup const& setup, TaskTimes const& times);

    Outcome run();

  private:
    struct Event {
        enum class Kind : std::uint8_t { comes, job_ends, yields, batch_comes, batch_pauses, rank_ends };
        Kind kind{};
        StationId at{};
        std::uint64_t plan = 0;
        Job job{};
    };

    [[nodiscard]] Rank rank_of(Member member) const;
    [[nodiscard]] Rank rank_at(StationId at) const;
    [[nodiscard]] static StationId supervisor_of(Rank rank);
    [[nodiscard]] StationId owner() const;
    [[nodiscard]] StationId worker_of(Member member) const;
    [[nodiscard]] bool is_lost(Rank rank) const { return lost_.at(static_cast<std::size_t>(rank.value)); }

    [[nodiscard]] bool has_own_cores() const { return machine_.cores <= 0; }

    void handle(Event const& event);
    void begin(StationId at);
    void end(StationId at);
    void serve(StationId at, Job job);
    void serve_owner(Job const& job);
    void serve_host(Job const& job);
    void serve_home(Job const& job);
    void wake_up(StationId at);
    void feed(Job const& job);
    void take_results(Job const& job);
    void receive(Job const& job);
    void pass_to_worker(Job const& job);
    void take_back(Job const& job);
    void report(Job const& job);
    void count_results(Job job);
    void lose(Rank rank);
    void take_loss(Rank rank);
    void decide();
    void carry_out(schedule::Assign const& assign);
    void carry_out(schedule::Recall const& recall);
    void send_to_member(Job const& job, std::uint64_t bytes);
    void send_home(Job const& job, std::uint64_t bytes);
    void send_far(Rank from, Rank to, Job const& job, std::uint64_t bytes);
    void send_bundle(Rank from, Rank to);
    void end_step(Rank rank);
    void plan(Member member);

    /// What a supervisor has made for another rank in this step.
    struct Bundle {
        std::vector<Job> jobs;
        std::uint64_t bytes = 0;
    };

    /// The station at hand is busy so much longer.
    void spend(Nanoseconds time) { spent_ += time; }
    void spend(Nanoseconds time, std::uint64_t times) { spent_ += time * static_cast<double>(times); }
    /// Leaves the station at hand when it has done what it has done so far.
    void send(Nanoseconds delay, StationId to, Job const& job);
    [[nodiscard]] std::uint64_t bytes_of(std::uint64_t tasks) const;

    Setup setup_;
    TaskTimes const& times_;
    Machine const& machine_;
    Worker::Terms worker_terms_;
    std::unique_ptr<Dispatcher> dispatcher_;
    std::size_t ranks_;
    Stations stations_;
    std::vector<Worker> workers_;
    std::vector<std::uint64_t> plans_;       ///< of each worker, to tell what has been changed meanwhile
    std::vector<bool> is_reporting_;         ///< each worker: it is about to send what it has done
    std::vector<bool> is_informed_;          ///< each worker, of what the call is
    std::vector<bool> lost_;                 ///< each rank
    std::vector<std::size_t> left_of_step_;  ///< each supervisor: jobs that it found at the same look
    std::vector<std::map<Rank, Bundle>> bundles_;  ///< each supervisor
    std::vector<std::uint8_t> results_;            ///< of each task, at the owner
    EventQueue<Nanoseconds, Event> events_;
    std::mt19937_64 random_;
    Nanoseconds now_{0};
    Nanoseconds spent_{0};  ///< by the station at hand since now
    Nanoseconds ended_{0};
    Nanoseconds home_worked_{0};
    std::uint64_t fed_ = 0;
    std::uint64_t given_ = 0;  ///< tasks handed out, less those that came back
    std::uint64_t taken_ = 0;
    bool looks_ = false;
    Outcome outcome_{};
};

}  // namespace rankpool::simulate
