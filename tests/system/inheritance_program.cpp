// SPDX-License-Identifier: MIT
// A program that shows what its workers have inherited, and what they leave; inheritance.py starts it.
#include "tests/pool/support.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

namespace rankpool {
namespace {

using namespace support;

/// Adds a line to the file that the driver looks at.
void note(std::string const& line) {
    char const* const file = std::getenv("RANKPOOL_TEST_NOTES");
    if (!file) return;
    int const notes = ::open(file, O_WRONLY | O_APPEND | O_CREAT, 0600);
    std::string const whole = line + "\n";
    (void)!::write(notes, whole.data(), whole.size());
    ::close(notes);
}

/// Made before run: its end is the program's.
struct Global {
    ~Global() { note("global"); }
} global;

/// The signals that this process ignores, by number.
std::string ignored_here() {
    std::string all;
    for (int number = 1; number < 32; ++number) {
        struct sigaction action {};
        if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
            all += std::to_string(number) + " ";
    }
    return all;
}
void tell_ignored(Queue<std::string> out) {
    out.put(ignored_here());
}

int signals(Context& context) {
    auto pool = context.pool(1);
    auto out = context.queue<std::string>();
    auto process = context.process<tell_ignored>(out);
    process.start();
    std::cout << "main " << ignored_here() << "\nprocess " << out.get() << "\ntask "
              << pool.apply([] { return ignored_here(); }) << std::endl;
    return EXIT_SUCCESS;
}

/// A pool whose workers come and go, and commands that are waited for.
int children(Context& context) {
    auto pool = context.pool(2, {.maxtasksperchild = 1});
    auto const codes = pool.map([](long x) { return ::system(x % 2 == 0 ? "true" : "exit 3"); }, numbers(4),
                                {.chunksize = 1});
    bool const right = codes == std::vector<int>{0, 3 << 8, 0, 3 << 8};
    pool.close();
    pool.join();
    auto process = context.process([] { ::_exit(4); });
    process.start();
    process.join();
    return right && process.exitcode() == 4 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int wait(Context& context) {
    auto pool = context.pool();
    (void)pids_of(pool);
    std::cout << "ready " << ::getpid() << std::endl;
    for (;;) ::pause();
}

int work(Context& context) {
    auto pool = context.pool(2);
    auto queue = context.queue<long>();
    for (long const y : pool.map<square>(numbers(100))) queue.put(y);
    long sum = 0;
    while (!queue.empty()) sum += queue.get();
    return sum == 328'350 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/// Lines of idle workers, of one that ends after a task, of processes: none is written by hand.
int print(Context& context) {
    {
        auto pool = context.pool(2);
        (void)pool.map(
            [](long x) {
                std::printf("task %ld\n", x);
                std::cout << "stream " << x << '\n';
                return x;
            },
            numbers(100));
    }
    auto process = context.process([] { std::printf("process\n"); });
    process.start();
    process.join();
    std::printf("main\n");
    return EXIT_SUCCESS;
}

/// Lines in pieces, by stdio and streams, some longer than stdio's usual buffer; the last has no end.
int print_in_pieces(Context& context, bool tagged) {
    auto pool = context.pool(4, {.tag_output = tagged});
    (void)pool.map(
        [](long x) {
            std::string const word(static_cast<std::size_t>(200 + 10 * x), static_cast<char>('a' + x % 26));
            std::printf("%s", word.c_str());
            std::cout << word;
            std::puts(word.c_str());
            if (x % 10 == 0) std::cerr << "warning " << x << std::endl;
            return x;
        },
        numbers(100), {.chunksize = 5});
    pool.apply([] { std::fputs("the end", stdout); });
    return EXIT_SUCCESS;
}

int log_lines(Context& context) {
    logger().critical("nobody has asked for this");
    log_to_stderr(LogLevel::info).info("begun");
    logger().debug("too fine");
    auto pool = context.pool(2);
    (void)pool.map(
        [](long x) {
            logger().warning("two\nlines");
            if (x == 1) logger().set_level(LogLevel::off);
            logger().error("after");
            return x;
        },
        std::vector<long>{0, 1}, {.chunksize = 2});
    auto process = context.process([] { logger().info("here"); });
    process.start();
    process.join();
    return EXIT_SUCCESS;
}

int exits(Context& context) {
    {
        auto pool = context.pool(2);
        (void)pids_of(pool);
        pool.apply([] {
            static Global of_the_worker;
            std::atexit([] { note("worker"); });
        });
    }
    auto process = context.process([] {
        std::atexit([] { note("process"); });
        std::exit(0);
    });
    process.start();
    process.join();
    note("main ends");
    return EXIT_SUCCESS;
}

int forks(Context& context) {
    auto pool = context.pool(2);
    auto const codes = pool.map(
        [](long x) {
            pid_t const child = ::fork();
            if (child == 0) std::exit(static_cast<int>(x));
            int status = 0;
            ::waitpid(child, &status, 0);
            return static_cast<long>(WEXITSTATUS(status));
        },
        numbers(10));
    return codes == numbers(10) ? EXIT_SUCCESS : EXIT_FAILURE;
}

std::string surroundings_here() {
    std::error_code error;
    mode_t const mask = ::umask(0);
    ::umask(mask);
    auto const value = [](char const* name) {
        char const* const text = std::getenv(name);
        return std::string{text ? text : "(none)"};
    };
    return std::filesystem::current_path(error).string() + " " + std::to_string(mask) + " " + value("GIVEN") +
           " " + value("CHANGED") + " " + value("REMOVED") + " " + std::to_string(value("LONG").size()) +
           " " + value("OMPI_COMM_WORLD_RANK");
}
std::string without_rank(std::string const& text) {
    return text.substr(0, text.rfind(' '));
}
void tell_surroundings(Queue<std::string> out) {
    auto pool = context().pool(1);
    out.put(surroundings_here());
    out.put(pool.apply([] { return surroundings_here(); }));
}

/// 1 if anything that follows main's change is not where main is.
int surroundings(Context& context) {
    bool right = true;
    auto early = context.pool();
    std::string const before = without_rank(surroundings_here());
    auto const check = [&](std::string const& what, std::string const& there, std::string const& expected) {
        if (without_rank(there) == expected) return;
        right = false;
        std::cerr << what << ": " << there << " and not " << expected << std::endl;
    };
    std::filesystem::current_path("/usr");
    ::umask(S_IWGRP | S_IRWXO);
    ::setenv("GIVEN", "a=b\n", 1);
    ::setenv("CHANGED", "", 1);
    ::setenv("LONG", std::string(50'000, 'x').c_str(), 1);
    ::unsetenv("REMOVED");
    std::string const after = without_rank(surroundings_here());
    auto const here = [](long) { return surroundings_here(); };
    for (auto const& there : early.map(here, numbers(8), {.chunksize = 1})) check("early", there, before);
    auto late = context.pool(2L * context.size(), {.maxtasksperchild = 1});
    std::set<std::string> ranks;
    for (auto const& there : late.map(here, numbers(8), {.chunksize = 1})) {
        check("late", there, after);
        ranks.insert(there.substr(there.rfind(' ')));
    }
    // What the launcher has given each rank, if anything, is its own.
    if (ranks.size() > static_cast<std::size_t>(context.size())) right = false;
    auto out = context.queue<std::string>();
    auto process = context.process<tell_surroundings>({.rank = context.size() - 1}, out);
    process.start();
    check("process", out.get(), after);
    check("its pool", out.get(), after);
    std::filesystem::current_path("/");
    ::unsetenv("GIVEN");
    ::unsetenv("LONG");
    auto last = context.pool(1);
    check("last", last.apply(here, 0L), without_rank(surroundings_here()));
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}

/// The directory is there for main only.
int nowhere(Context& context) {
    std::string place = std::string{std::getenv("RANKPOOL_TEST_FOLDER")} + "/gone";
    std::filesystem::create_directory(place);
    std::filesystem::current_path(place);
    auto pool = context.pool(1);
    std::filesystem::current_path("/");
    std::filesystem::remove(place);
    try {
        auto other = context.pool(1);
        (void)other.map<square>(numbers(10));
        std::filesystem::create_directory(place);
        std::filesystem::current_path(place);
        std::filesystem::remove(place);
        // A directory that is gone has no name: its users stay where they began.
        auto third = context.pool(1);
        (void)third.map<square>(numbers(10));
    } catch (Error const& error) {
        std::cerr << error.what() << std::endl;
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int nested_run(Context& /*context*/) {
    try {
        (void)rankpool::run(0, nullptr, [](Context&) { return 0; });
    } catch (UsageError const& error) {
        std::cout << error.what() << std::endl;
        return EXIT_SUCCESS;
    }
    return EXIT_FAILURE;
}

using Way = int (*)(Context&);

Way way_of(std::string const& name) {
    std::map<std::string, Way> const ways{
        {"signals", signals},
        {"children", children},
        {"wait", wait},
        {"work", work},
        {"print", print},
        {"pieces", [](Context& context) { return print_in_pieces(context, false); }},
        {"tagged", [](Context& context) { return print_in_pieces(context, true); }},
        {"exits", exits},
        {"logs", log_lines},
        {"forks", forks},
        {"nowhere", nowhere},
        {"surroundings", surroundings},
        {"twice", work},
        {"nested_run", nested_run},
    };
    return ways.at(name);
}

}  // namespace
}  // namespace rankpool

int main(int argc, char** argv) {
    std::atexit([] { rankpool::note("registered before"); });
    std::printf("before\n");
    std::cout << "stream before\n";
    std::string const way = argc > 1 ? argv[1] : "";
    int const code =
        rankpool::run(argc, argv, [&](rankpool::Context& context) { return rankpool::way_of(way)(context); });
    rankpool::note("after run");
    if (way != "twice") return code;
    return rankpool::run(argc, argv, [](rankpool::Context&) { return 0; });
}
