// SPDX-License-Identifier: MIT
// A program for several nodes that does what its first argument names and says what came of it.
#include "tests/pool/support.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
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
double delay(Pool& pool, std::chrono::milliseconds idle, int times = 41) {
    std::vector<double> delays;
    for (int i = 0; i < times; ++i) {
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

/// Three numbers: delay at once after the last map, after a rest, and after a long one.
int latency(Context& context, long /*unused*/) {
    auto pool = context.pool();
    pids_of(pool);
    double const at_once = delay(pool, 0ms);
    std::cout << at_once << ' ' << delay(pool, 100ms) << ' ' << delay(pool, 2s, 5) << '\n';
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

/// What all processes of the test see, as all nodes are one machine: who is inside which lock.
struct Board {
    static constexpr std::size_t most = 16;

    std::atomic<int> stop;
    std::atomic<long> violations;
    std::atomic<long> owner_deaths;
    std::array<std::atomic<int>, most> inside;            ///< by lock
    std::array<std::atomic<std::uint32_t>, most> closed;  ///< by worker, a bit for each lock
    std::array<std::atomic<long>, most> rounds;           ///< by worker

    static Board& at(std::string const& name) {
        int const file = ::open(name.c_str(), O_RDWR | O_CLOEXEC);
        void* place = MAP_FAILED;
        if (file >= 0 && ::ftruncate(file, sizeof(Board)) == 0)
            place = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (place == MAP_FAILED) throw std::runtime_error("cannot map " + name);
        ::close(file);
        return *static_cast<Board*>(place);
    }
};

/// Nobody else may be inside, but for an owner who died there: then that is told.
void go_inside(Board& board, std::size_t number, Lock const& lock) {
    lock.acquire();
    bool const owner_died = lock.owner_died();
    bool const was_empty = board.inside[number].exchange(1) == 0;
    if (owner_died) ++board.owner_deaths;
    if (!was_empty && !owner_died) ++board.violations;
    std::this_thread::yield();
    board.inside[number] = 0;
    lock.release();
}

void use_locks(std::string const& name, std::vector<Lock> const& locks, std::size_t who) {
    Board& board = Board::at(name);
    while (board.stop == 0) {
        for (std::size_t i = 0; i < locks.size(); ++i) {
            try {
                go_inside(board, i, locks[i]);
            } catch (ClosedError const&) {
                board.closed[who] |= 1U << i;
            }
        }
        ++board.rounds[who];
    }
}

void lend_lock(Queue<std::pair<int, Lock>> made, std::string const& name) {
    made.put({current_process().rank(), context().lock()});
    Board const& board = Board::at(name);
    while (board.stop == 0) std::this_thread::sleep_for(20ms);
}

/// So many rounds more of each worker that is alive.
void wait_for_rounds(Board& board, std::vector<Process>& users, long more) {
    for (std::size_t who = 0; who < users.size(); ++who) {
        long const goal = board.rounds[who] + more;
        while (users[who].is_alive() && board.rounds[who] < goal) std::this_thread::sleep_for(10ms);
    }
}

/// A lock of each rank, which a process of each rank takes in turn. Says `ready`; then so many ranks are
/// lost, and those that are left go on: locks that were made on lost ranks are closed for all, the others are
/// not.
int locks(Context& context, long losses) {
    Tally const place;
    Board& board = Board::at(place.name());
    auto made = context.queue<std::pair<int, Lock>>();
    std::vector<Process> lenders;
    std::vector<Lock> all(static_cast<std::size_t>(context.size()));
    for (int rank = 0; rank < context.size(); ++rank) {
        lenders.push_back(context.process<lend_lock>({.rank = rank}, made, place.name()));
        lenders.back().start();
        auto const [maker, lock] = made.get();
        all.at(static_cast<std::size_t>(maker)) = lock;
    }
    std::vector<Process> users;
    for (int rank = 0; rank < context.size(); ++rank) {
        auto const who = static_cast<std::size_t>(rank);
        users.push_back(context.process<use_locks>({.rank = rank}, place.name(), all, who));
        users.back().start();
    }
    wait_for_rounds(board, users, 20);
    std::cout << "ready" << std::endl;
    auto const is_lost = [](Process const& process) { return !process.is_alive(); };
    while (std::ranges::count_if(lenders, is_lost) < losses) std::this_thread::sleep_for(10ms);
    wait_for_rounds(board, users, 20);
    std::uint32_t lost = 0;
    for (std::size_t i = 0; i < lenders.size(); ++i) lost |= is_lost(lenders[i]) ? 1U << i : 0;
    bool right = board.violations == 0;
    std::size_t living = 0;
    for (std::size_t who = 0; who < users.size(); ++who) {
        if (is_lost(users[who])) continue;
        ++living;
        right = right && board.closed[who] == lost;
    }
    board.stop = 1;
    for (auto& user : users) user.join();
    std::cout << (right && living > 0 ? "right, " : "wrong, ") + std::to_string(living) + " living, " +
                     std::to_string(board.owner_deaths) + " owners died\n"
              << std::flush;
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace rankpool

int main(int argc, char** argv) {
    using Way = int (*)(rankpool::Context&, long);
    std::map<std::string, Way> const ways{{"places", rankpool::places},   {"values", rankpool::values},
                                          {"latency", rankpool::latency}, {"locks", rankpool::locks},
                                          {"work", rankpool::work},       {"steady", rankpool::steady}};
    Way const way = ways.at(argv[1]);
    long const number = argc > 2 ? std::atol(argv[2]) : 0;
    return rankpool::run(argc, argv, [=](rankpool::Context& context) { return way(context, number); });
}
