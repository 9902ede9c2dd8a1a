// SPDX-License-Identifier: MIT
// A program for several nodes that does what its first argument names and says what came of it.
#include "tests/pool/support.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <numeric>
#include <thread>

namespace rankpool {
namespace {

using namespace support;

using Vector = std::vector<double>;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

Vector ramp(std::size_t size, double first) {
    Vector all(size);
    std::iota(all.begin(), all.end(), first);
    return all;
}

std::string place_here() {
    CurrentProcess const here = current_process();
    return std::to_string(here.rank()) + ' ' + here.host();
}

/// Once everybody is there.
std::string meet_and_tell_place(std::string const& meeting, long all) {
    meet(meeting, all);
    return place_here() + ' ' + std::to_string(current_process().local_index().value());
}

/// One line for each worker: its rank, its host and which worker of that it is.
int places(Context& context, long /*unused*/) {
    auto pool = context.pool();
    Tally meeting;
    std::vector<long> const everyone(pool.size(), static_cast<long>(pool.size()));
    auto lines = pool.map(partial<meet_and_tell_place>(meeting.name()), everyone, {.chunksize = 1});
    std::ranges::sort(lines);
    for (auto const& line : lines) std::cout << line << '\n';
    return EXIT_SUCCESS;
}

bool is_ramp(Shared<Vector> const& shared, std::size_t size, std::string const& meeting, long all) {
    meet(meeting, all);
    return shared.get() == ramp(size, 0);
}

Vector ramp_from(std::size_t size, std::string const& meeting, long first) {
    Tally::add(meeting);
    return ramp(size, static_cast<double>(first));
}

/// A broadcast of so many MiB to every worker, and as many back from each.
int values(Context& context, long mebibytes) {
    auto pool = context.pool();
    std::size_t const size = static_cast<std::size_t>(mebibytes) * 1024 * 1024 / sizeof(double);
    auto const workers = static_cast<long>(pool.size());
    Tally meeting;
    std::vector<long> const everyone(pool.size(), workers);

    auto begin = Clock::now();
    auto const shared = pool.broadcast(ramp(size, 0));
    auto const there = pool.map(partial<is_ramp>(shared, size, meeting.name()), everyone, {.chunksize = 1});
    bool right = std::ranges::all_of(there, std::identity{});
    std::cerr << "broadcast " << seconds_since(begin) << " s\n";

    begin = Clock::now();
    long first = 0;
    for (auto const& back : pool.imap(partial<ramp_from>(size, meeting.name()), numbers(workers))) {
        right = right && back == ramp(size, static_cast<double>(first++));
    }
    std::cerr << "results " << seconds_since(begin) << " s\n";
    std::cout << (right && first == workers ? "right" : "wrong") << '\n';
    return EXIT_SUCCESS;
}

constexpr auto nap = 20ms;

std::string nap_and_tell_place(long /*unused*/) {
    std::this_thread::sleep_for(nap);
    return place_here();
}

/// The median, in ms, of how much longer than its task a map with one task for each worker takes, after all
/// have been idle for `idle`.
double delay(Pool& pool, std::chrono::milliseconds idle) {
    std::vector<double> delays;
    for (int i = 0; i < 41; ++i) {
        std::this_thread::sleep_for(idle);
        auto const begin = Clock::now();
        auto const lines =
            pool.map<nap_and_tell_place>(numbers(static_cast<long>(pool.size())), {.chunksize = 1});
        delays.push_back(1000 * seconds_since(begin) - static_cast<double>(nap.count()));
        if (std::set<std::string>(lines.begin(), lines.end()).size() != pool.size()) {
            throw std::runtime_error("not every worker had a task");
        }
    }
    std::ranges::sort(delays);
    return delays[delays.size() / 2];
}

/// Two numbers: delay at once after the last map, and after a rest.
int latency(Context& context, long /*unused*/) {
    auto pool = context.pool();
    pids_of(pool);
    double const at_once = delay(pool, 0ms);
    std::cout << at_once << ' ' << delay(pool, 100ms) << '\n';
    return EXIT_SUCCESS;
}

void work_for_ever(std::string const& begun, long /*x*/) {
    Tally::add(begun);
    for (;;) ::pause();
}

/// Says `ready` when every worker has a task that never ends.
int work(Context& context, long /*unused*/) {
    auto pool = context.pool();
    Tally begun;
    auto const result = pool.map_async(partial<work_for_ever>(begun.name()), numbers(1000), {.chunksize = 1});
    begun.wait_for(static_cast<long>(pool.size()));
    std::cout << "ready" << std::endl;
    result.wait();
    return EXIT_SUCCESS;
}

Vector nap_and_count(long x) {
    std::this_thread::sleep_for(nap);
    return ramp(10'000, static_cast<double>(x));
}

/// So many tasks of 20 ms and 80 kB; says `ready` when the first results are there.
int steady(Context& context, long tasks) {
    auto pool = context.pool();
    long x = 0;
    for (auto const& back : pool.imap<nap_and_count>(numbers(tasks), {.chunksize = 1})) {
        if (back != ramp(10'000, static_cast<double>(x))) {
            std::cout << "wrong\n";
            return EXIT_SUCCESS;
        }
        if (++x == 100) std::cout << "ready" << std::endl;
    }
    std::cout << (x == tasks ? "right" : "wrong") << '\n';
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace rankpool

int main(int argc, char** argv) {
    using Way = int (*)(rankpool::Context&, long);
    std::map<std::string, Way> const ways{{"places", rankpool::places},
                                          {"values", rankpool::values},
                                          {"latency", rankpool::latency},
                                          {"work", rankpool::work},
                                          {"steady", rankpool::steady}};
    Way const way = ways.at(argv[1]);
    long const number = argc > 2 ? std::atol(argv[2]) : 0;
    return rankpool::run(argc, argv, [=](rankpool::Context& context) { return way(context, number); });
}
