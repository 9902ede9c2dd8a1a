// SPDX-License-Identifier: MIT
// A program that ends in the way its first argument names; endings.py looks at what is left of it.
#include "tests/pool/support.hpp"
#include "tests/system/nowhere.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <numeric>

namespace rankpool {
namespace {

using namespace support;

/// Tells the driver that all is under way.
void say_ready() {
    std::cout << "ready " << ::getpid() << std::endl;
}

void work_for_ever(std::string const& begun, long /*x*/) {
    Tally::add(begun);
    for (;;) ::pause();
}

int work(Context& context) {
    auto pool = context.pool();
    Tally begun;
    auto const result = pool.map_async(partial<work_for_ever>(begun.name()), numbers(1000), {.chunksize = 1});
    begun.wait_for(static_cast<long>(pool.size()));
    say_ready();
    result.wait();
    return EXIT_SUCCESS;
}

/// Each worker has started something that is in no group of its, and is at work.
int work_detached(Context& context) {
    auto pool = context.pool();
    (void)pool.map([](long) { return ::system("setsid sleep 100 & (setsid sleep 100 &)"); },
                   numbers(static_cast<long>(pool.size())), {.chunksize = 1});
    auto const result = pool.map_async([](long) { ::pause(); }, numbers(100));
    say_ready();
    result.wait();
    return EXIT_SUCCESS;
}

/// The squares of 0 to 999, in two rounds with a pause in which everybody sleeps.
int sum(Context& context) {
    auto pool = context.pool();
    auto const half = pool.map<square>(numbers(500));
    std::this_thread::sleep_for(500ms);
    auto const all = pool.map<square>(numbers(1000), {.chunksize = 1});
    bool const is_same = std::equal(half.begin(), half.end(), all.begin());
    std::cout << (is_same ? std::accumulate(all.begin(), all.end(), 0L) : -1) << std::endl;
    return EXIT_SUCCESS;
}

long sum_of(std::vector<double> const& all) {
    return static_cast<long>(std::accumulate(all.begin(), all.end(), 0.0));
}

long sum_of_shared(Shared<std::vector<double>> const& shared, long /*x*/) {
    return sum_of(shared.get());
}

void answer(Queue<std::vector<double>> questions, Queue<long> answers) {
    for (int i = 0; i < 20; ++i) answers.put(sum_of(questions.get()));
}

void send_bytes(Connection<int> sender) {
    sender.send_bytes(std::vector<std::byte>(1'000'000));
}

/// All that lies in memory that processes share: a broadcast value, queues with small and large items, and a
/// message of bytes.
int share(Context& context) {
    auto pool = context.pool();
    std::vector<double> const ones(400'000, 1.0);
    auto const shared = pool.broadcast(ones);
    long total = 0;
    for (long const one : pool.map(partial<sum_of_shared>(shared), numbers(10))) {
        total += one;
    }
    auto questions = context.queue<std::vector<double>>();
    auto answers = context.queue<long>();
    auto process = context.process<answer>(questions, answers);
    process.start();
    for (std::size_t i = 0; i < 20; ++i) questions.put(std::vector<double>(i % 2 == 0 ? 3 : 100'000, 1.0));
    for (int i = 0; i < 20; ++i) total += answers.get();
    process.join();
    auto [receiver, sender] = context.one_way_pipe<int>();
    auto far = context.process<send_bytes>({.rank = context.size() - 1}, sender);
    far.start();
    total += static_cast<long>(receiver.recv_bytes().size());
    far.join();
    std::cout << total << std::endl;
    return EXIT_SUCCESS;
}

/// Does nothing until a line comes, and says then how long a task takes, in microseconds; again for each
/// line.
int idle(Context& context) {
    auto pool = context.pool();
    pids_of(pool);
    say_ready();
    for (std::string line; std::getline(std::cin, line);) {
        auto const begin = Clock::now();
        pool.map<square>(numbers(static_cast<long>(pool.size())), {.chunksize = 1});
        std::cout << std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count()
                  << std::endl;
    }
    return EXIT_SUCCESS;
}

/// The same while a task is waited for, which lasts until a signal comes.
int wait(Context& context) {
    auto pool = context.pool(1);
    pid_t const worker = *pids_of(pool).begin();
    auto const result = pool.apply_async([] {
        ::signal(SIGUSR1, [](int) {});
        ::pause();
    });
    say_ready();
    std::cout << worker << std::endl;
    result.wait();
    return EXIT_SUCCESS;
}

int leave_a_child(Context& context) {
    auto pool = context.pool();
    pool.map([](long) { return ::system("sleep 100 &"); }, numbers(8), {.chunksize = 1});
    return EXIT_SUCCESS;
}

int read_all(Context& context) {
    auto pool = context.pool();
    auto const lengths = pool.map(
        [](long) {
            char byte = 0;
            return ::read(STDIN_FILENO, &byte, 1);
        },
        numbers(20));
    std::cout << std::accumulate(lengths.begin(), lengths.end(), 0L) << '\n';
    std::string const all{std::istreambuf_iterator<char>{std::cin}, {}};
    std::cout << all;
    return EXIT_SUCCESS;
}

int large_pool(Context& context) {
    auto pool = context.pool(32);
    auto const all = pool.map<square>(numbers(100'000));
    std::cout << std::accumulate(all.begin(), all.end(), 0L) << '\n';
    return EXIT_SUCCESS;
}

void wait_for_ever() {
    for (;;) ::pause();
}
void throw_it() {
    throw std::out_of_range("left over");
}
void start_two(Queue<int> begun) {
    for (bool const daemon : {true, false}) {
        auto child = context().process<wait_for_ever>(ProcessOptions{.daemon = daemon});
        child.start();
    }
    begun.put(1);
    wait_for_ever();
}

int process_throws(Context& context) {
    auto process = context.process<throw_it>({.name = "thrower", .rank = context.size() - 1});
    process.start();
    process.join();
    return 10 + process.exitcode().value();
}

/// Parents on every rank, each with a daemon and another child.
void start_families(Context& context) {
    auto begun = context.queue<int>();
    for (int rank = 0; rank < context.size(); ++rank) {
        auto parent = context.process<start_two>({.rank = rank}, begun);
        parent.start();
    }
    for (int rank = 0; rank < context.size(); ++rank) (void)begun.get();
}
int families(Context& context) {
    start_families(context);
    say_ready();
    wait_for_ever();
    return EXIT_SUCCESS;
}
int families_and_throw(Context& context) {
    start_families(context);
    throw_it();
    return EXIT_SUCCESS;
}

int return_early(Context& context) {
    auto daemon = context.process<wait_for_ever>(ProcessOptions{.daemon = true});
    daemon.start();
    auto last = context.process([] {
        std::this_thread::sleep_for(200ms);
        std::cout << "done" << std::endl;
    });
    last.start();
    return 5;
}
int exit_early(Context& context) {
    auto last = context.process([] { rankpool::exit(4); });
    last.start();
    rankpool::exit(6);
}

/// Values of all sizes are still under way to the other ranks when main returns.
int return_while_broadcasting(Context& context) {
    auto pool = context.pool();
    std::vector<Shared<std::string>> all;
    for (std::size_t const size : {1U, 100'000U, 30'000'000U}) {
        for (int i = 0; i < 3; ++i) all.push_back(pool.broadcast(std::string(size, 'x')));
    }
    // A process that broadcasts and will not get to its end.
    auto process = context.process([] {
        auto own = rankpool::context().pool(1);
        for (;;) (void)own.broadcast(std::string(3'000'000, 'y'));
    });
    process.start();
    std::this_thread::sleep_for(20ms);
    std::exit(5);
}

int end(Context& context, std::string const& way) {
    using Way = int (*)(Context&);
    std::map<std::string, Way> const ways{
        {"three", [](Context&) { return 3; }},
        {"exit", [](Context&) -> int { std::exit(7); }},
        {"throw", [](Context&) -> int { throw std::out_of_range("left over"); }},
        {"throw_int", [](Context&) -> int { throw 42; }},
        {"throw_at_work",
         [](Context& c) -> int {
             auto pool = c.pool();
             auto const result = pool.map_async([](long) { ::pause(); }, numbers(100));
             throw std::out_of_range("left over");
         }},
        {"task_throws",
         [](Context& c) {
             auto pool = c.pool();
             pool.apply<throw_it>();
             return 0;
         }},
        {"segfault",
         [](Context&) {
             support::write_nowhere();
             return 0;
         }},
        {"kill", [](Context&) { return ::kill(::getpid(), SIGKILL); }},
        {"kill_at_work",
         [](Context& c) {
             auto pool = c.pool();
             auto const result = pool.map_async([](long) { ::pause(); }, numbers(100));
             return ::kill(::getpid(), SIGKILL);
         }},
        {"sum", sum},
        {"share", share},
        {"work", work},
        {"work_detached", work_detached},
        {"idle", idle},
        {"wait", wait},
        {"leave_a_child", leave_a_child},
        {"read_all", read_all},
        {"large_pool", large_pool},
        {"process_throws", process_throws},
        {"families", families},
        {"families_and_throw", families_and_throw},
        {"return_early", return_early},
        {"return_while_broadcasting", return_while_broadcasting},
        {"exit_early", exit_early},
    };
    return ways.at(way)(context);
}

}  // namespace
}  // namespace rankpool

int main(int argc, char** argv) {
    // Buffered when everything is forked.
    if (std::string{argv[1]} == "three") {
        std::cout << "from cout\n";
        std::printf("from printf\n");
    }
    return rankpool::run(argc, argv,
                         [argv](rankpool::Context& context) { return rankpool::end(context, argv[1]); });
}
