// SPDX-License-Identifier: MIT
// `rankpool overhead`: what processes, messages and tasks cost on this machine.
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/output.hpp"
#include "rankpool/rankpool.hpp"

#include "app/overhead_values.hpp"
#include "app/process_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace app {
namespace {

namespace batch = rankpool::batch;
using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr double mebibyte = 1024 * 1024;

void nothing() {}
void tell_memory(rankpool::Queue<std::uint64_t> out) {
    out.put(memory_here());
}
void tell_host(rankpool::Queue<std::string> out) {
    out.put(rankpool::current_process().host());
}
void send_back(rankpool::Connection<int, int> connection, int count) {
    for (int i = 0; i < count; ++i) connection.send(connection.recv());
}
int add_one(int x) {
    return x + 1;
}

double share(std::vector<double> values, double part) {
    auto const place =
        values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::ranges::nth_element(values, place);
    return *place;
}

template <class Call>
double microseconds(Call call) {
    auto const begin = Clock::now();
    call();
    return Microseconds{Clock::now() - begin}.count();
}

void show_processes(rankpool::Context& context) {
    constexpr int count = 200;
    std::vector<double> times;
    for (int i = 0; i < count; ++i) {
        auto process = context.process<nothing>();
        times.push_back(microseconds([&] {
            process.start();
            process.join();
        }));
    }
    auto memory = context.queue<std::uint64_t>();
    auto process = context.process<tell_memory>(memory);
    process.start();
    batch::print("A process\n");
    batch::print(
        fmt::format("  start and join     {:8.2f} ms median, {:.2f} ms for the slowest of a hundred\n",
                    share(times, 0.5) / 1000, share(times, 0.99) / 1000));
    batch::print(fmt::format("  memory             {:8.2f} MiB of its own (proportional set size)\n\n",
                             static_cast<double>(memory.get()) / mebibyte));
    process.join();
}

void show_values() {
    batch::print(
        fmt::format("Serialising a value, which every argument, result and item is{:>14}{:>12}{:>12}\n",
                    "bytes", "write ns", "read ns"));
    for (ValueCost const& cost : value_costs()) {
        batch::print(fmt::format("  {:<59}{:>14}{:>12.0f}{:>12.0f}\n", cost.type, cost.bytes, cost.encode_ns,
                                 cost.decode_ns));
    }
    batch::print("\n");
}

/// The first rank of each host, the main worker's host first.
std::vector<std::pair<std::string, int>> hosts(rankpool::Context& context) {
    std::vector<std::pair<std::string, int>> found;
    auto out = context.queue<std::string>();
    // The last rank of the first host is preferred, as another than this one.
    for (int rank = 0; rank < context.size(); ++rank) {
        auto process = context.process<tell_host>({.rank = rank}, out);
        process.start();
        std::string const host = out.get();
        process.join();
        auto const known = std::ranges::find(found, host, &std::pair<std::string, int>::first);
        if (known == found.end()) {
            found.emplace_back(host, rank);
        } else if (known == found.begin()) {
            known->second = rank;
        }
    }
    return found;
}

void show_messages(rankpool::Context& context) {
    batch::print("A small message through a pipe and back\n");
    for (auto const& [host, rank] : hosts(context)) {
        constexpr int count = 500;
        auto [here, there] = context.pipe<int, int>();
        auto process = context.process<send_back>({.rank = rank}, there, count);
        process.start();
        std::vector<double> times;
        times.reserve(count);
        for (int i = 0; i < count; ++i) {
            times.push_back(microseconds([&, &end = here] {
                end.send(i);
                (void)end.recv();
            }));
        }
        process.join();
        bool const is_here = host == rankpool::current_process().host();
        batch::print(fmt::format("  {:<19}{:8.1f} us median, {:.1f} us for the slowest of a hundred\n",
                                 is_here ? "on this node" : "to node " + host, share(times, 0.5),
                                 share(times, 0.99)));
    }
    batch::print("\n");
}

/// What tasks cost beside their own work, in microseconds.
struct TaskCosts {
    double alone;       ///< sent and waited for one at a time
    double one_by_one;  ///< of many that are handed out one by one, for each worker
    double in_chunk;    ///< of many that are handed out together
};

TaskCosts task_costs(rankpool::Context& context) {
    auto pool = context.pool();
    auto const workers = static_cast<double>(pool.size());
    std::vector<int> inputs(100'000);
    std::iota(inputs.begin(), inputs.end(), 0);
    pool.map<add_one>(inputs);
    std::vector<double> alone;
    alone.reserve(500);
    for (int i = 0; i < 500; ++i) alone.push_back(microseconds([&] { (void)pool.apply<add_one>(i); }));
    auto const per_task = [&](std::size_t chunksize) {
        std::vector<double> times;
        times.reserve(5);
        for (int i = 0; i < 5; ++i) {
            times.push_back(microseconds([&] { pool.map<add_one>(inputs, {.chunksize = chunksize}); }) *
                            workers / static_cast<double>(inputs.size()));
        }
        return share(times, 0.5);
    };
    return {share(alone, 0.5), per_task(1), per_task(10'000)};
}

std::string time_text(double microseconds) {
    if (microseconds < 1000) return fmt::format("{:.3g} us", microseconds);
    return fmt::format("{:.3g} ms", microseconds / 1000);
}

/// The smallest chunk of tasks of this length for which all but their work is below 1 %, if there is one.
std::string chunk_for(double length, TaskCosts const& costs) {
    double const allowed = 0.01 * length - costs.in_chunk;
    double const of_chunk = std::max(0.0, costs.one_by_one - costs.in_chunk);
    if (allowed <= 0) return "none: the task is too short, do more in it";
    return fmt::format("{:.0f}", std::max(1.0, std::ceil(of_chunk / allowed)));
}

void show_rules(TaskCosts const& costs) {
    batch::print(fmt::format("A task of a pool, beside its own work\n"));
    batch::print(fmt::format("  apply, one at a time      {:>10}\n", time_text(costs.alone)));
    batch::print(
        fmt::format("  map with chunksize=1      {:>10} of a worker's time\n", time_text(costs.one_by_one)));
    batch::print(
        fmt::format("  map in chunks of 10 000   {:>10} of a worker's time\n\n", time_text(costs.in_chunk)));
    batch::print("Rules of thumb\n");
    batch::print(fmt::format(
        "  A call of apply pays when it takes longer than {}; a hundred times that, and its cost is below 1 "
        "%.\n",
        time_text(costs.alone)));
    batch::print(
        fmt::format("  The shortest task that map may send one by one with less than 1 % lost takes {}.\n",
                    time_text(100 * costs.one_by_one)));
    batch::print(
        fmt::format("  The chunk that brings shorter tasks below 1 % (map finds it by itself, unless told a "
                    "chunksize):\n"));
    for (double const length : {1.0, 10.0, 100.0, 1000.0}) {
        batch::print(fmt::format("    tasks of {:>7}: {}\n", time_text(length), chunk_for(length, costs)));
    }
}

class Overhead : public batch::Job {
  public:
    std::string name() const override { return "overhead"; }
    std::string summary() const override {
        return "What a process, a message and a task cost on this machine, and what follows from it";
    }
    void add_options(batch::OptionSet& /*options*/) override {}
    batch::ExitCode run(rankpool::Context& context, batch::JobContext& /*run*/) override {
        batch::print(fmt::format("{} ranks, {} workers\n\n", context.size(), context.workers()));
        show_processes(context);
        show_values();
        show_messages(context);
        show_rules(task_costs(context));
        return batch::ExitCode::success;
    }
};

struct Added {
    Added() { batch::add_command(std::make_unique<Overhead>()); }
} const added;

}  // namespace
}  // namespace app
