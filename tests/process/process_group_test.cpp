// SPDX-License-Identifier: MIT
// Groups of processes: where they run, how they are ended, and which are started again.
#include "tests/channel/support.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <map>

namespace rankpool {
namespace {

using namespace support;

using Codes = std::vector<std::optional<int>>;

void say_name_and_rank(Queue<std::pair<std::string, int>> out, std::string const& tag) {
    out.put({current_process().name() + tag, current_process().rank()});
}

TEST(ProcessGroupTest, all_run_the_function_with_the_same_arguments) {
    auto out = context().queue<std::pair<std::string, int>>();
    auto const n = static_cast<std::size_t>(2 * context().size());
    auto group = context().processes<say_name_and_rank>(static_cast<long>(n),
                                                        ProcessGroupOptions{.name = "solver"}, out, "!");
    EXPECT_EQ(group.size(), n);
    EXPECT_EQ(group.exitcodes(), Codes(n));
    group.start();
    group.join();
    EXPECT_EQ(group.exitcodes(), Codes(n, 0));
    std::set<std::string> names;
    std::set<int> ranks;
    for (std::size_t i = 0; i < n; ++i) {
        auto const [name, rank] = out.get(10s);
        names.insert(name);
        ranks.insert(rank);
    }
    std::set<std::string> expected;
    for (std::size_t i = 1; i <= n; ++i) expected.insert("solver-" + std::to_string(i) + "!");
    EXPECT_EQ(names, expected);
    EXPECT_TRUE(out.empty());
}

void say_rank_and_wait(Queue<int> out) {
    out.put(current_process().rank());
    for (;;) ::pause();
}

TEST(ProcessGroupTest, is_spread_over_the_ranks) {
    auto out = context().queue<int>();
    auto group = context().processes<say_rank_and_wait>(2L * context().size(), out);
    group.start();
    std::map<int, int> load{{0, 1}};
    for (std::size_t i = 0; i < group.size(); ++i) ++load[out.get(10s)];
    EXPECT_EQ(load.size(), static_cast<std::size_t>(context().size()));
    for (auto const& [rank, count] : load) EXPECT_LE(count, 3) << rank;
    EXPECT_FALSE(group.join(50ms));
    EXPECT_EQ(group.exitcodes(), Codes(group.size()));
    auto const copy = group;
    group.kill();
    group.join();
    EXPECT_EQ(group.exitcodes(), Codes(group.size(), -SIGKILL));
    EXPECT_EQ(ProcessGroup{copy}.exitcodes(), group.exitcodes());
}

/// Fails as often as is said, by an exit code, a signal or an exception in turn.
void fail_at_first(std::string const& tries, long failures) {
    Tally::add(tries);
    long const now = Tally::count(tries);
    if (now > failures) return;
    if (now % 3 == 0) rankpool::exit(3);
    if (now % 3 == 1) ::kill(::getpid(), SIGKILL);
    throw std::runtime_error("as it is to");
}

TEST(ProcessGroupTest, one_that_fails_is_started_again) {
    Tally tries;
    auto group = context().processes<fail_at_first>(1, ProcessGroupOptions{.restarts = 3}, tries.name(), 3L);
    group.start();
    group.join();
    EXPECT_EQ(group.exitcodes(), Codes{0});
    EXPECT_EQ(tries.count(), 4);
}

TEST(ProcessGroupTest, restarts_end) {
    Tally tries;
    auto group =
        context().processes<fail_at_first>(1, ProcessGroupOptions{.restarts = 2}, tries.name(), 100L);
    group.start();
    group.join();
    EXPECT_EQ(group.exitcodes(), Codes{3});
    EXPECT_TRUE(group.join(0s));
    EXPECT_EQ(tries.count(), 3);
}

void fail_once_for_each_name(Queue<std::string> names, Dict<std::string, int> tries) {
    auto const name = current_process().name();
    names.put(name);
    if (tries.update<[](std::optional<int> n) { return std::optional<int>{n.value_or(0) + 1}; }>(name) == 1) {
        ::kill(::getpid(), SIGSEGV);
    }
}

TEST(ProcessGroupTest, each_has_restarts_of_its_own_and_keeps_its_name) {
    auto names = context().queue<std::string>();
    auto tries = context().dict<std::string, int>();
    auto group = context().processes<fail_once_for_each_name>(
        4, ProcessGroupOptions{.restarts = 1, .name = "w"}, names, tries);
    group.start();
    group.join();
    EXPECT_EQ(group.exitcodes(), Codes(4, 0));
    std::map<std::string, int> seen;
    for (int i = 0; i < 8; ++i) ++seen[names.get(10s)];
    EXPECT_EQ(seen, (std::map<std::string, int>{{"w-1", 2}, {"w-2", 2}, {"w-3", 2}, {"w-4", 2}}));
}

TEST(ProcessGroupTest, asking_for_exit_codes_starts_again_as_well) {
    Tally tries;
    auto group = context().processes<fail_at_first>(1, ProcessGroupOptions{.restarts = 1}, tries.name(), 1L);
    group.start();
    while (group.exitcodes() != Codes{0}) std::this_thread::sleep_for(5ms);
    EXPECT_EQ(tries.count(), 2);
}

TEST(ProcessGroupTest, what_is_terminated_is_not_started_again) {
    auto out = context().queue<int>();
    auto group = context().processes<say_rank_and_wait>(3, ProcessGroupOptions{.restarts = 5}, out);
    group.start();
    for (int i = 0; i < 3; ++i) (void)out.get(10s);
    group.terminate();
    EXPECT_TRUE(group.join(30s));
    EXPECT_EQ(group.exitcodes(), Codes(3, -SIGTERM));
    EXPECT_TRUE(out.empty());
}

void send_and_end(Connection<int> end) {
    end.send(1);
}

TEST(ProcessGroupTest, holds_arguments_no_longer_than_it_may_start_one) {
    for (int const restarts : {0, 1}) {
        auto [receiver, sender] = context().one_way_pipe<int>();
        // The group alone holds it from here on.
        auto group = context().processes<send_and_end>(2, ProcessGroupOptions{.restarts = restarts},
                                                       std::exchange(sender, {}));
        group.start();
        if (restarts > 0) group.join();
        EXPECT_EQ(receiver.recv() + receiver.recv(), 2);
        EXPECT_THROW((void)receiver.recv(), EndOfFile);
        group.join();
    }
}

void fail_and_wait(Connection<int> end) {
    (void)end.poll(50ms);
    rankpool::exit(1);
}

TEST(ProcessGroupTest, an_argument_that_was_closed_cannot_be_given_again) {
    auto [here, there] = context().pipe<int>();
    auto group = context().processes<fail_and_wait>(1, ProcessGroupOptions{.restarts = 1}, there);
    group.start();
    there.close();
    EXPECT_THROW(group.join(), SerializationError);
}

void nothing() {}

TEST(ProcessGroupTest, wrong_use_is_told) {
    EXPECT_THROW((void)context().processes<nothing>(0), UsageError);
    EXPECT_THROW((void)context().processes<nothing>(1, ProcessGroupOptions{.restarts = -1}), UsageError);
    auto group = context().processes<nothing>(2);
    EXPECT_THROW(group.join(), UsageError);
    EXPECT_THROW(group.kill(), UsageError);
    EXPECT_THROW(group.terminate(), UsageError);
    group.start();
    EXPECT_THROW(group.start(), UsageError);
    group.join();
    EXPECT_THROW(group.start(), UsageError);
    group.kill();
    EXPECT_EQ(group.exitcodes(), Codes(2, 0));
}

void start_a_group() {
    auto group = context().processes<nothing>(2, ProcessGroupOptions{.name = "inner"});
    group.start();
    group.join();
}

TEST(ProcessGroupTest, may_be_made_by_a_process_but_by_no_task) {
    auto process = start_far<start_a_group>();
    EXPECT_EQ(code_of(process), 0);
    auto pool = context().pool();
    auto const error = thrown<RemoteError>([&] { pool.apply<start_a_group>(); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->type_name(), "rankpool::UsageError");
}

long soon(long ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds{ms});
    return ms;
}

void fail_after(Queue<int> started, long ms) {
    started.put(1);
    std::this_thread::sleep_for(std::chrono::milliseconds{ms});
    rankpool::exit(3);
}

/// Callbacks that use the group run whenever its processes are started.
TEST(ProcessGroupTest, a_callback_may_look_at_it_and_end_it) {
    auto started = context().queue<int>();
    auto pool = context().pool(1);
    for (long const when : {0, 5, 20}) {
        auto group = context().processes<fail_after>(2, ProcessGroupOptions{.restarts = 1'000}, started, 3L);
        std::vector<AsyncResult<long>> looks;
        bool is_over = false;
        for (int i = 0; i < 10; ++i) {
            looks.push_back(pool.apply_async<soon>(1));
            looks.back().add_done_callback([&] { EXPECT_EQ(group.exitcodes().size(), 2U); });
        }
        auto end = pool.apply_async<soon>(when);
        end.add_done_callback([&] {
            group.terminate();
            is_over = true;
        });
        group.start();
        while (!is_over) {
            bool const are_done = group.join(1ms);
            ASSERT_TRUE(!are_done || is_over);
        }
        EXPECT_TRUE(group.join(20s));
        for (auto& look : looks) look.get();
        end.get();
    }
}

}  // namespace
}  // namespace rankpool
