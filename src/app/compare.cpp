// SPDX-License-Identifier: MIT
// `rankpool compare`: the same work serial, on threads and on ranks.
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/output.hpp"
#include "rankpool/rankpool.hpp"

#include "app/process_memory.hpp"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <map>
#include <numeric>
#include <thread>

namespace app {
namespace {

namespace batch = rankpool::batch;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr double mebibyte = 1024 * 1024;

/// What every task writes to.
std::atomic<long> written{0};

/// Work that nothing but a processor can do, the same for everybody.
double compute(std::uint64_t steps) {
    double x = 0.5;
    for (std::uint64_t i = 0; i < steps; ++i) x = 3.9 * x * (1 - x);
    return x;
}
double task(std::uint64_t steps) {
    ++written;
    return compute(steps);
}

/// What a worker is like when it has done its share.
struct WorkerState {
    long written = 0;
    std::uint64_t memory = 0;
    int pid = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& written& memory& pid;
    }
};
WorkerState state_of_worker(int /*ignored*/) {
    return {written, memory_here(), ::getpid()};
}

struct Measured {
    Seconds wall{0};
    double memory = 0;  ///< MiB, of all that take part
    double checksum = 0;
    std::string global;
};

double mib(std::uint64_t bytes) {
    return static_cast<double>(bytes) / mebibyte;
}

Measured run_serial(std::uint64_t tasks, std::uint64_t steps) {
    Measured outcome;
    written = 0;
    auto const begin = Clock::now();
    for (std::uint64_t i = 0; i < tasks; ++i) outcome.checksum += task(steps);
    outcome.wall = Clock::now() - begin;
    outcome.memory = mib(memory_here());
    outcome.global = fmt::format("{} in the one process", written.load());
    return outcome;
}

Measured run_on_threads(std::uint64_t tasks, std::uint64_t steps, unsigned threads) {
    Measured outcome;
    written = 0;
    std::atomic<std::uint64_t> next{0};
    std::atomic<std::uint64_t> memory{0};
    std::vector<double> sums(threads, 0.0);
    auto const begin = Clock::now();
    std::vector<std::thread> all;
    for (unsigned t = 0; t < threads; ++t) {
        all.emplace_back([&, t] {
            double sum = 0;
            while (next++ < tasks) sum += task(steps);
            sums[t] = sum;
            if (t == 0) memory = memory_here();
        });
    }
    for (auto& thread : all) thread.join();
    outcome.wall = Clock::now() - begin;
    outcome.memory = mib(memory);
    outcome.checksum = std::accumulate(sums.begin(), sums.end(), 0.0);
    outcome.global = fmt::format("shared: {} for all of them", written.load());
    return outcome;
}

Measured run_on_ranks(rankpool::Context& context, std::uint64_t tasks, std::uint64_t steps) {
    Measured outcome;
    written = 0;
    auto pool = context.pool();
    std::vector<std::uint64_t> const inputs(tasks, steps);
    auto const begin = Clock::now();
    auto const results = pool.map<task>(inputs);
    outcome.wall = Clock::now() - begin;
    outcome.checksum = std::accumulate(results.begin(), results.end(), 0.0);
    // Asked until each has answered; a task goes to whoever is free.
    std::map<int, WorkerState> workers;
    while (workers.size() < pool.size()) {
        for (auto const& state :
             pool.map<state_of_worker>(std::vector<int>(8 * pool.size()), {.chunksize = 1})) {
            workers[state.pid] = state;
        }
    }
    outcome.memory = mib(memory_here());
    std::string counts;
    for (auto const& [pid, state] : workers) {
        outcome.memory += mib(state.memory);
        counts += fmt::format("{}{}", counts.empty() ? "" : " + ", state.written);
    }
    outcome.global =
        fmt::format("private: {} in the main process, {} in the workers", written.load(), counts);
    return outcome;
}

class Compare : public batch::Job {
  public:
    std::string name() const override { return "compare"; }
    std::string summary() const override {
        return "The same work serial, on threads and on ranks, side by side";
    }
    void add_options(batch::OptionSet& options) override {
        options.add("--tasks", tasks_, "How many").positive().type_name("NUMBER");
        options.add("--seconds-per-task", seconds_, "How long each takes, about")
            .positive()
            .type_name("SECONDS");
    }

    batch::ExitCode run(rankpool::Context& context, batch::JobContext& /*run*/) override {
        auto const workers = static_cast<unsigned>(context.workers());
        std::uint64_t const steps = steps_for(seconds_);
        batch::print(
            fmt::format("{} tasks of {:g} s: on one processor, on {} threads, on {} workers of {} ranks\n\n",
                        tasks_, seconds_, workers, workers, context.size()));
        auto const serial = run_serial(tasks_, steps);
        auto const threads = run_on_threads(tasks_, steps, workers);
        auto const ranks = run_on_ranks(context, tasks_, steps);
        batch::print(fmt::format("{:<8}{:>10}{:>10}{:>12}   {}\n", "", "wall", "speed-up", "memory",
                                 "a global that each task adds 1 to"));
        show("serial", serial, serial);
        show("threads", threads, serial);
        show("ranks", ranks, serial);
        batch::print(fmt::format(
            "\nThreads see one another's writes and ruin one another's data by them; a crash ends them all. "
            "What a\n"
            "process writes stays its own: what others are to know is returned, put into a queue or "
            "sent.\n"));
        return batch::ExitCode::success;
    }

  private:
    static std::uint64_t steps_for(double seconds) {
        std::uint64_t steps = 1'000'000;
        double best = 1e9;
        for (int i = 0; i < 5; ++i) {
            auto const begin = Clock::now();
            double const volatile result = compute(steps);
            (void)result;
            best = std::min(best, Seconds{Clock::now() - begin}.count());
        }
        return std::max<std::uint64_t>(
            1, static_cast<std::uint64_t>(seconds / best * static_cast<double>(steps)));
    }

    static void show(char const* how, Measured const& outcome, Measured const& serial) {
        batch::print(fmt::format("{:<8}{:>8.2f} s{:>10.2f}{:>8.1f} MiB   {}\n", how, outcome.wall.count(),
                                 serial.wall / outcome.wall, outcome.memory, outcome.global));
    }

    std::uint64_t tasks_ = 64;
    double seconds_ = 0.05;
};

struct Added {
    Added() { batch::add_command(std::make_unique<Compare>()); }
} const added;

}  // namespace
}  // namespace app
