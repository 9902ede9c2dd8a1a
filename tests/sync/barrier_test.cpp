// SPDX-License-Identifier: MIT
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace rankpool {
namespace {

using namespace support;

void step(Barrier barrier, Queue<std::pair<int, long>> places, int rounds) {
    for (int round = 0; round < rounds; ++round) {
        long const place = barrier.wait();
        places.put({round, place});
    }
}

TEST(BarrierTest, lets_go_when_all_have_come_again_and_again) {
    constexpr int parties = 4;
    constexpr int rounds = 5;
    auto const barrier = context().barrier(parties);
    auto places = context().queue<std::pair<int, long>>();
    EXPECT_EQ(barrier.parties(), parties);
    std::vector<Process> all;
    for (int i = 0; i < parties; ++i) {
        all.push_back(context().process<step>({.rank = i % context().size()}, barrier, places, rounds));
        all.back().start();
    }
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
    std::map<int, std::set<long>> found;
    for (int i = 0; i < parties * rounds; ++i) {
        auto const [round, place] = places.get(10s);
        found[round].insert(place);
    }
    for (int round = 0; round < rounds; ++round) EXPECT_EQ(found[round], (std::set<long>{0, 1, 2, 3}));
    EXPECT_EQ(barrier.n_waiting(), 0);
    EXPECT_THROW((void)context().barrier(0), UsageError);
    EXPECT_EQ(context().barrier(1).wait(), 0);
}

/// 1: broken, 0: not.
void wait_and_say(Barrier barrier, Queue<std::string> said) {
    try {
        barrier.wait();
        said.put("passed");
    } catch (BrokenBarrier const& error) {
        said.put(error.what());
    } catch (std::domain_error const& error) {
        said.put(error.what());
    }
}

void wait_for_n(Barrier const& barrier, long n) {
    for (int i = 0; i < 5000 && barrier.n_waiting() != n; ++i) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(barrier.n_waiting(), n);
}

TEST(BarrierTest, a_death_breaks_it_and_is_named) {
    auto const barrier = context().barrier(3);
    auto said = context().queue<std::string>();
    auto victim = context().process<wait_and_say>({.name = "Victim", .rank = last_rank()}, barrier, said);
    victim.start();
    wait_for_n(barrier, 1);
    auto other = start_far<wait_and_say>(barrier, said);
    wait_for_n(barrier, 2);
    victim.kill();
    std::string const text = said.get(10s);
    EXPECT_NE(text.find("Victim of rank " + std::to_string(last_rank())), std::string::npos) << text;
    EXPECT_TRUE(barrier.broken());
    EXPECT_THROW(barrier.wait(), BrokenBarrier);
    barrier.reset();
    EXPECT_FALSE(barrier.broken());
    victim.join();
    other.join();
}

TEST(BarrierTest, a_timeout_an_abort_and_a_reset_break_it_for_all) {
    auto const barrier = context().barrier(3);
    auto said = context().queue<std::string>();
    for (int how = 0; how < 3; ++how) {
        auto other = start_far<wait_and_say>(barrier, said);
        wait_for_n(barrier, 1);
        if (how == 0) {
            auto const error = thrown<BrokenBarrier>([&] { barrier.wait(10ms); });
            ASSERT_TRUE(error);
            EXPECT_NE(std::string{error->what()}.find("2 of 3"), std::string::npos) << error->what();
        }
        if (how == 1) barrier.abort();
        if (how == 2) barrier.reset();
        EXPECT_NE(said.get(10s).find("broken"), std::string::npos);
        EXPECT_EQ(barrier.broken(), how < 2);
        barrier.reset();
        other.join();
    }
    EXPECT_THROW(barrier.wait(0s), BrokenBarrier);
}

long acted = 0;
void act() {
    ++acted;
}
void fail_to_act() {
    throw std::domain_error("no action");
}

TEST(BarrierTest, its_action_is_run_once_a_round_by_the_last) {
    auto const barrier = context().barrier<act>(2);
    auto said = context().queue<std::string>();
    for (long round = 1; round <= 3; ++round) {
        auto other = start_far<wait_and_say>(barrier, said);
        wait_for_n(barrier, 1);
        EXPECT_EQ(barrier.wait(), 1);
        EXPECT_EQ(acted, round);
        EXPECT_EQ(said.get(10s), "passed");
        other.join();
    }
}

TEST(BarrierTest, an_action_that_throws_breaks_it) {
    auto const barrier = context().barrier<fail_to_act>(2);
    auto said = context().queue<std::string>();
    auto other = start_far<wait_and_say>(barrier, said);
    wait_for_n(barrier, 1);
    EXPECT_THROW(barrier.wait(), std::domain_error);
    EXPECT_NE(said.get(10s).find("broken"), std::string::npos);
    EXPECT_TRUE(barrier.broken());
    other.join();
}

void die_in_action() {
    die();
}

TEST(BarrierTest, who_dies_in_the_action_breaks_it) {
    auto const barrier = context().barrier<die_in_action>(2);
    auto said = context().queue<std::string>();
    auto one = start_far<wait_and_say>(barrier, said);
    wait_for_n(barrier, 1);
    auto other = start_far<wait_and_say>(barrier, said);
    EXPECT_NE(said.get(10s).find("has ended"), std::string::npos);
    one.join();
    other.join();
}

void act_slowly() {
    std::this_thread::sleep_for(300ms);
}

void wait_a_little(Barrier barrier, Queue<std::string> said) {
    try {
        barrier.wait(20ms);
        said.put("passed");
    } catch (BrokenBarrier const&) {
        said.put("broken");
    }
}

TEST(BarrierTest, who_comes_for_the_next_round_does_not_break_one_that_is_complete) {
    auto const barrier = context().barrier<act_slowly>(2);
    auto said = context().queue<std::string>();
    auto early = context().queue<std::string>();
    auto first = start_far<wait_and_say>(barrier, said);
    wait_for_n(barrier, 1);
    auto second = start_far<wait_and_say>(barrier, said);
    wait_for_n(barrier, 2);
    auto third = start_far<wait_a_little>(barrier, early);
    EXPECT_EQ(early.get(10s), "broken");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(said.get(10s), "passed");
    EXPECT_TRUE(barrier.broken());
    for (Process* const process : {&first, &second, &third}) EXPECT_EQ(code_of(*process), 0);
}

}  // namespace
}  // namespace rankpool
