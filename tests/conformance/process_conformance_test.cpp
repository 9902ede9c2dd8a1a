// SPDX-License-Identifier: MIT
// One test per behaviour that CPython's Lib/test/_test_multiprocessing.py asserts of Process, named as there.
#include "tests/channel/support.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace rankpool {
namespace {

using namespace support;

void nothing() {}
void wait_for_ever() {
    for (;;) ::pause();
}

TEST(ConformanceProcess, test_current) {
    EXPECT_EQ(current_process().name(), "MainProcess");
    EXPECT_EQ(current_process().rank(), 0);
    EXPECT_EQ(current_process().pid(), ::getpid());
}

using Story = std::tuple<std::string, int, int, std::string, double>;
void tell(Queue<Story> queue, std::string const& text, double number) {
    auto const self = current_process();
    queue.put({self.name(), self.pid(), self.rank(), text, number});
}

TEST(ConformanceProcess, test_process) {
    auto queue = context().queue<Story>();
    auto process = context().process<tell>({.name = "storyteller", .rank = last_rank()}, queue, "once", 1);
    EXPECT_FALSE(process.is_alive());
    EXPECT_FALSE(process.exitcode());
    EXPECT_FALSE(process.pid());
    EXPECT_FALSE(process.daemon());
    process.start();
    EXPECT_EQ(process.rank(), last_rank());
    Story const expected{"storyteller", process.pid().value(), last_rank(), "once", 1.0};
    EXPECT_EQ(queue.get(), expected);
    process.join();
    EXPECT_EQ(process.exitcode(), 0);
    EXPECT_FALSE(process.is_alive());
    process.join();
}

TEST(ConformanceProcess, test_process_is_alive_meanwhile) {
    auto process = start_far<wait_for_ever>();
    EXPECT_TRUE(process.is_alive());
    EXPECT_FALSE(process.exitcode());
    EXPECT_FALSE(process.join(0s));
    EXPECT_FALSE(process.join(50ms));
    EXPECT_TRUE(process.is_alive());
    process.kill();
    EXPECT_EQ(code_of(process), -SIGKILL);
    EXPECT_FALSE(process.is_alive());
}

TEST(ConformanceProcess, test_terminate) {
    auto process = start_far<wait_for_ever>();
    process.terminate();
    EXPECT_EQ(code_of(process), -SIGTERM);
    process.terminate();
    // The rank lives on.
    auto next = start_far<nothing>();
    EXPECT_EQ(code_of(next), 0);
}

void leave(int code) {
    rankpool::exit(code);
}
struct Mark {
    std::string tally;
    ~Mark() { Tally::add(tally); }
};
void leave_with_a_mark(std::string const& tally) {
    Mark const mark{tally};
    rankpool::exit(7);
}

TEST(ConformanceProcess, test_sys_exit) {
    auto zero = start_far<leave>(0);
    auto three = start_far<leave>(3);
    EXPECT_EQ(code_of(zero), 0);
    EXPECT_EQ(code_of(three), 3);
    Tally destructors;
    auto seven = start_far<leave_with_a_mark>(destructors.name());
    EXPECT_EQ(code_of(seven), 7);
    EXPECT_EQ(destructors.count(), 1);
}

TEST(ConformanceProcess, test_start_and_join_in_wrong_order) {
    auto process = context().process<nothing>();
    EXPECT_THROW(process.join(), UsageError);
    EXPECT_THROW(process.terminate(), UsageError);
    process.start();
    EXPECT_THROW(process.start(), UsageError);
    process.join();
    EXPECT_THROW(process.start(), UsageError);
}

TEST(ConformanceProcess, test_close) {
    auto process = start_far<wait_for_ever>();
    EXPECT_THROW(process.close(), UsageError);
    process.kill();
    process.join();
    process.close();
    EXPECT_THROW((void)process.is_alive(), ClosedError);
    EXPECT_THROW(process.join(), ClosedError);
    process.close();
}

TEST(ConformanceProcess, test_many_processes) {
    for (int i = 0; i < 100; ++i) {
        auto process = context().process<nothing>();
        process.start();
        EXPECT_EQ(code_of(process), 0);
    }
    std::vector<Process> all;
    for (int i = 0; i < 100; ++i) {
        all.push_back(context().process<wait_for_ever>());
        all.back().start();
    }
    EXPECT_EQ(active_children().size(), 100U);
    std::set<std::pair<int, int>> pids;
    for (Process& process : all) {
        EXPECT_TRUE(process.is_alive());
        pids.insert({process.rank().value(), process.pid().value()});
        process.terminate();
    }
    EXPECT_EQ(pids.size(), 100U);
    for (Process& process : all) EXPECT_EQ(code_of(process), -SIGTERM);
}

TEST(ConformanceProcess, test_active_children) {
    EXPECT_TRUE(active_children().empty());
    auto process = start_far<wait_for_ever>();
    auto const active = active_children();
    ASSERT_EQ(active.size(), 1U);
    EXPECT_EQ(active[0].name(), process.name());
    process.kill();
    process.join();
    EXPECT_TRUE(active_children().empty());
}

void recurse(Queue<std::vector<int>> queue, std::vector<int> const& path) {
    queue.put(path);
    if (path.size() >= 2) return;
    for (int i = 0; i < 2; ++i) {
        auto longer = path;
        longer.push_back(i);
        auto child = context().process<recurse>(queue, longer);
        child.start();
        child.join();
    }
}

TEST(ConformanceProcess, test_recursion) {
    auto queue = context().queue<std::vector<int>>();
    recurse(queue, {});
    std::vector<std::vector<int>> const expected{{}, {0}, {0, 0}, {0, 1}, {1}, {1, 0}, {1, 1}};
    for (auto const& path : expected) EXPECT_EQ(queue.get(), path);
}

/// Counts the copies in this process.
struct Counted {
    static inline int copies = 0;
    Counted() { ++copies; }
    Counted(Counted const& /*other*/) { ++copies; }
    ~Counted() { --copies; }
    template <class Archive>
    void serialize(Archive& /*archive*/, unsigned int /*version*/) {}
};
void look_at(Counted const& /*counted*/) {}

TEST(ConformanceProcess, test_release_arguments) {
    auto process = context().process<look_at>(Counted{});
    EXPECT_EQ(Counted::copies, 1);
    process.start();
    EXPECT_EQ(Counted::copies, 0);
    process.join();
}

}  // namespace
}  // namespace rankpool
