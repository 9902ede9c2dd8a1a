// SPDX-License-Identifier: MIT
// Processes: where they run, what they may do, and what is left of them.
#include "tests/channel/support.hpp"
#include "tests/system/processes.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>

namespace rankpool {
namespace {

using namespace support;

void nothing() {}
void wait_for_ever() {
    for (;;) ::pause();
}
void say_where(Queue<int> out) {
    out.put(current_process().rank());
}

TEST(ProcessTest, goes_to_the_least_loaded_rank) {
    std::vector<Process> all;
    std::map<int, int> load{{0, 1}};
    for (int i = 0; i < 3 * context().size(); ++i) {
        all.push_back(context().process<wait_for_ever>());
        all.back().start();
        ++load[all.back().rank().value()];
    }
    EXPECT_EQ(load.size(), static_cast<std::size_t>(context().size()));
    for (auto const& [rank, count] : load) EXPECT_LE(std::abs(count - 3), 1) << rank;
    for (Process& process : all) process.kill();
    for (Process& process : all) process.join();
}

TEST(ProcessTest, goes_where_it_is_told) {
    auto out = context().queue<int>();
    for (int rank = 0; rank < context().size(); ++rank) {
        auto process = context().process<say_where>({.rank = rank}, out);
        process.start();
        EXPECT_EQ(process.rank(), rank);
        EXPECT_EQ(out.get(), rank);
        process.join();
    }
    EXPECT_THROW((void)context().process<nothing>({.rank = context().size()}), UsageError);
    EXPECT_THROW((void)context().process<nothing>({.rank = -1}), UsageError);
}

struct Adder {
    int base = 0;
    void operator()(Queue<int> out, int x) const { out.put(base + x); }
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& base;
    }
};
int add(int a, int b, Queue<int> out) {
    out.put(a + b);
    return 77;
}

TEST(ProcessTest, runs_any_callable_that_travels) {
    auto out = context().queue<int>();
    auto first = context().process(Adder{40}, out, 2);
    auto second = context().process(partial<add>(1), 2, out);
    auto third = context().process(
        {.name = "third"}, [](Queue<int> to) { to.put(5); }, out);
    first.start();
    EXPECT_EQ(out.get(), 42);
    second.start();
    EXPECT_EQ(out.get(), 3);
    third.start();
    EXPECT_EQ(out.get(), 5);
    EXPECT_EQ(third.name(), "third");
    EXPECT_EQ(code_of(first) + code_of(second) + code_of(third), 0);
}

void sum_up(std::vector<std::uint32_t> const& numbers, Queue<std::uint64_t> out) {
    std::uint64_t sum = 0;
    for (std::uint32_t const number : numbers) sum += number;
    out.put(sum);
}

TEST(ProcessTest, large_arguments_arrive) {
    auto out = context().queue<std::uint64_t>();
    auto const numbers = pattern(20U << 20U);
    std::uint64_t expected = 0;
    for (std::uint32_t const number : numbers) expected += number;
    auto process = start_far<sum_up>(numbers, out);
    EXPECT_EQ(out.get(), expected);
    EXPECT_EQ(code_of(process), 0);
}

void take(Stubborn const& /*value*/, std::vector<std::uint32_t> const& /*more*/) {}

TEST(ProcessTest, arguments_that_do_not_travel_are_told) {
    for (std::size_t const bytes : {std::size_t{0}, std::size_t{1} << 20U}) {
        auto process = context().process<take>(Stubborn{Stubborn::Mood::no_save, 1}, pattern(bytes));
        EXPECT_THROW(process.start(), SerializationError);
        auto unreadable = context().process<take>(Stubborn{Stubborn::Mood::no_load, 1}, pattern(bytes));
        unreadable.start();
        EXPECT_EQ(code_of(unreadable), 1);
    }
    auto process = start_far<nothing>();
    EXPECT_EQ(code_of(process), 0);
}

/// Lives until it is sent something. While it does, the other end gets no EndOfFile, on whatever node it is.
void live(Connection<int, int> other) {
    other.send(1);
    (void)other.recv();
}
void start_one(Connection<int, int> other, bool daemon) {
    auto child = context().process<live>(ProcessOptions{.daemon = daemon}, other);
    child.start();
    other.close();
}
void start_one_and_stay(Connection<int, int> other, bool daemon) {
    start_one(other, daemon);
    wait_for_ever();
}

TEST(ProcessTest, daemons_end_with_their_parent) {
    auto [here, there] = context().pipe<int, int>();
    auto parent = start_far<start_one>(there, true);
    there.close();
    EXPECT_EQ(code_of(parent), 0);
    try {
        // It may have come to this or not.
        EXPECT_EQ(here.recv(), 1);
    } catch (EndOfFile const&) {
    }
    EXPECT_THROW(here.recv(), EndOfFile);
}

TEST(ProcessTest, daemons_end_with_a_killed_parent) {
    auto [here, there] = context().pipe<int, int>();
    auto parent = start_far<start_one_and_stay>(there, true);
    there.close();
    EXPECT_EQ(here.recv(), 1);
    EXPECT_FALSE(here.poll(50ms));
    parent.kill();
    EXPECT_THROW(here.recv(), EndOfFile);
    EXPECT_EQ(code_of(parent), -SIGKILL);
}

TEST(ProcessTest, a_killed_parents_child_lives_on) {
    auto [here, there] = context().pipe<int, int>();
    auto parent = start_far<start_one_and_stay>(there, false);
    there.close();
    EXPECT_EQ(here.recv(), 1);
    parent.kill();
    EXPECT_EQ(code_of(parent), -SIGKILL);
    EXPECT_FALSE(here.poll(100ms));
    here.send(1);
    EXPECT_THROW(here.recv(), EndOfFile);
}

void put_late(Queue<int> out) {
    std::this_thread::sleep_for(100ms);
    out.put(1);
}
void leave_it_running(Queue<int> out) {
    auto child = context().process<put_late>(out);
    child.start();
}

TEST(ProcessTest, a_parent_waits_for_its_children_at_its_end) {
    auto out = context().queue<int>();
    auto parent = start_far<leave_it_running>(out);
    EXPECT_EQ(code_of(parent), 0);
    EXPECT_EQ(out.get_nowait(), 1);
}

void use_a_pool(Queue<std::vector<long>> out) {
    auto pool = context().pool(2);
    out.put(pool.map<square>(numbers(10)));
}
void die_with_a_pool(std::string const& begun) {
    auto pool = context().pool(2);
    auto const result = pool.map_async(partial(
                                           [](std::string const& tally, long /*x*/) {
                                               Tally::add(tally);
                                               wait_for_ever();
                                           },
                                           begun),
                                       numbers(10), {.chunksize = 1});
    result.wait();
}

TEST(ProcessTest, a_process_may_have_a_pool) {
    auto out = context().queue<std::vector<long>>();
    for (int i = 0; i < 3; ++i) {
        auto process = start_far<use_a_pool>(out);
        EXPECT_EQ(out.get(), squares(10));
        EXPECT_EQ(code_of(process), 0);
    }
    Tally begun;
    auto victim = start_far<die_with_a_pool>(begun.name());
    begun.wait_for(2);
    victim.kill();
    victim.join();
    auto after = start_far<use_a_pool>(out);
    EXPECT_EQ(out.get(), squares(10));
    EXPECT_EQ(code_of(after), 0);
}

long start_in_a_task(long x) {
    auto process = context().process<nothing>();
    process.start();
    return x;
}

TEST(ProcessTest, a_task_of_a_pool_cannot_start_one) {
    auto pool = context().pool(1);
    auto const outcome = pool.try_map<start_in_a_task>({1});
    ASSERT_FALSE(outcome[0]);
    EXPECT_NE(std::string{outcome[0].error().what()}.find("cannot start a process in a task"),
              std::string::npos);
    auto const exits = pool.try_map([](long x) { rankpool::exit(static_cast<int>(x)); }, {1L});
    EXPECT_NE(std::string{exits[0].error().what()}.find("cannot exit from a task"), std::string::npos);
}

void say_text(Queue<std::string> out, std::string const& text) {
    out.put(text);
}

TEST(ProcessTest, arguments_are_what_they_were_when_it_was_made) {
    auto out = context().queue<std::string>();
    std::vector<Process> all;
    {
        std::array<char, 32> name{};
        for (int i = 0; i < 3; ++i) {
            std::snprintf(name.data(), name.size(), "job-%d", i);
            all.push_back(context().process<say_text>(out, name.data()));
            char const literal[] = {'w', 'o', 'r', 'd', static_cast<char>('0' + i), '\0'};
            all.push_back(context().process<say_text>({.name = "named"}, out, literal));
        }
        name.fill('x');
    }
    for (auto& process : all) process.start();
    std::set<std::string> texts;
    for (std::size_t i = 0; i < all.size(); ++i) texts.insert(out.get());
    EXPECT_EQ(texts, (std::set<std::string>{"job-0", "job-1", "job-2", "word0", "word1", "word2"}));
    for (auto& process : all) EXPECT_EQ(code_of(process), 0);
}

void become(std::string const& script) {
    ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    std::_Exit(127);
}

TEST(ProcessTest, may_become_another_program) {
    auto process = start_far<become>("sleep 0.3; exit 3");
    EXPECT_EQ(code_of(process), 3);
    auto killed = start_far<become>("kill -KILL $$");
    EXPECT_EQ(code_of(killed), -SIGKILL);
    auto terminated = start_far<become>("exec sleep 60");
    EXPECT_FALSE(terminated.join(100ms));
    terminated.terminate();
    EXPECT_EQ(code_of(terminated), -SIGTERM);
}

void make_children(Queue<int> out) {
    auto by_default = context().process<nothing>();
    auto other = context().process<nothing>(ProcessOptions{.daemon = false});
    out.put(by_default.daemon() ? 1 : 0);
    out.put(other.daemon() ? 1 : 0);
}

TEST(ProcessTest, is_a_daemon_where_its_parent_is_one) {
    EXPECT_FALSE(context().process<nothing>().daemon());
    auto out = context().queue<int>();
    for (bool const daemon : {true, false}) {
        auto parent = context().process<make_children>(ProcessOptions{.daemon = daemon}, out);
        parent.start();
        EXPECT_EQ(out.get(), daemon ? 1 : 0);
        EXPECT_EQ(out.get(), 0);
        EXPECT_EQ(code_of(parent), 0);
    }
}

TEST(ProcessTest, one_that_could_not_be_started_has_not_been) {
    // The fork server of rank 0 has started this process. With fewer descriptors it can make no link.
    pid_t const server = ::getppid();
    rlimit before{};
    ASSERT_EQ(::prlimit(server, RLIMIT_NOFILE, nullptr, &before), 0);
    rlimit few = before;
    few.rlim_cur = 4;
    ASSERT_EQ(::prlimit(server, RLIMIT_NOFILE, &few, nullptr), 0);
    auto process = context().process<nothing>({.rank = 0});
    EXPECT_THROW(process.start(), Error);
    ::prlimit(server, RLIMIT_NOFILE, &before, nullptr);
    EXPECT_FALSE(process.is_alive());
    EXPECT_FALSE(process.exitcode());
    EXPECT_FALSE(process.pid());
    EXPECT_TRUE(active_children().empty());
    EXPECT_THROW(process.join(), UsageError);
    process.start();
    EXPECT_EQ(code_of(process), 0);
    process.close();
}

TEST(ProcessTest, names_are_counted_by_parents) {
    auto out = context().queue<std::string>();
    auto process = context().process(
        [](Queue<std::string> to) {
            auto child =
                context().process([](Queue<std::string> name) { name.put(current_process().name()); }, to);
            child.start();
            child.join();
        },
        out);
    process.start();
    EXPECT_EQ(out.get(), process.name() + ":1");
    process.join();
}

/// Descriptors of this rank's supervisor, fork server and main worker.
long descriptors() {
    long count = 0;
    for (pid_t const pid : {::getpid(), parent_of(::getpid()), parent_of(parent_of(::getpid()))}) {
        auto const folder = std::filesystem::directory_iterator{"/proc/" + std::to_string(pid) + "/fd"};
        count += std::distance(begin(folder), end(folder));
    }
    return count;
}
std::uint64_t resident() {
    std::ifstream statm{"/proc/" + std::to_string(parent_of(parent_of(::getpid()))) + "/statm"};
    std::uint64_t size = 0;
    std::uint64_t pages = 0;
    statm >> size >> pages;
    return pages * 4096;
}

TEST(ProcessTest, a_thousand_leave_nothing_behind) {
    auto out = context().queue<int>();
    auto const one = [&] {
        auto process = context().process<say_where>(out);
        process.start();
        (void)out.get();
        process.join();
    };
    for (int i = 0; i < 50; ++i) one();
    long const before = descriptors();
    std::uint64_t const memory = resident();
    for (int i = 0; i < 1000; ++i) one();
    EXPECT_LE(descriptors(), before + 1);
#if !defined(__SANITIZE_ADDRESS__)
    EXPECT_LT(resident(), memory + (2U << 20U));
#else
    // It keeps what is freed for a while.
    EXPECT_LT(resident(), memory + (16U << 20U));
#endif
}

}  // namespace
}  // namespace rankpool
