// SPDX-License-Identifier: MIT
#include "rankpool/batch/resources/ledger.hpp"

#include "rankpool/core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace fs = std::filesystem;

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

class LedgerTest : public testing::Test {
  protected:
    LedgerTest() {
        std::string name = fs::temp_directory_path() / "ledger-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }
    ~LedgerTest() override { fs::remove_all(folder_); }

    static Needs needs(unsigned cpus, std::uint64_t memory = 0, double gpus = 0) {
        return {cpus, memory, gpus};
    }

    /// How many of these get what they need beside each other, one after the other.
    std::size_t count_fitting(std::vector<Needs> const& all, NodeSupply const& supply) const {
        std::vector<Ledger> ledgers;
        for (std::size_t i = 0; i < all.size(); ++i) ledgers.emplace_back(folder_, supply);
        std::atomic<std::size_t> taken = 0;
        std::jthread const takes{[&] {
            for (; taken < all.size(); ++taken) ledgers[taken].take(all[taken]);
        }};
        for (std::size_t before = ~std::size_t{0}; taken < all.size() && taken != before;) {
            before = taken;
            for (int i = 0; taken == before && i < 100; ++i) std::this_thread::sleep_for(1ms);
        }
        std::size_t const fitting = taken;
        for (std::size_t given_back = 0; taken < all.size();) {
            if (given_back < taken) ledgers[given_back++].give_back();
        }
        return fitting;
    }

    fs::path folder_;
    NodeSupply const supply_{{0, 1, 4, 5}, 1'000'000, {"GPU-a", "3"}};
};

TEST_F(LedgerTest, what_one_has_no_other_gets) {
    Ledger one{folder_, supply_};
    Ledger other{folder_, supply_};
    EXPECT_THAT(one.take(needs(3)).cores, ElementsAre(0, 1, 4));
    EXPECT_THAT(other.take(needs(1)).cores, ElementsAre(5));
    std::atomic<bool> has_two = false;
    other.give_back();
    std::jthread const waits{[&] {
        EXPECT_THAT(other.take(needs(2)).cores, SizeIs(2));
        has_two = true;
    }};
    std::this_thread::sleep_for(50ms);
    EXPECT_FALSE(has_two);
    one.give_back();
}

TEST_F(LedgerTest, parts_of_a_gpu_are_parts_of_one) {
    std::vector<Ledger> ledgers;
    for (int i = 0; i < 5; ++i) ledgers.emplace_back(folder_, supply_);
    EXPECT_THAT(ledgers[0].take(needs(0, 0, 0.4)).gpus, ElementsAre("GPU-a"));
    EXPECT_THAT(ledgers[1].take(needs(0, 0, 0.4)).gpus, ElementsAre("GPU-a"));
    EXPECT_THAT(ledgers[2].take(needs(0, 0, 0.4)).gpus, ElementsAre("3"));
    EXPECT_THAT(ledgers[3].take(needs(0, 0, 0.2)).gpus, ElementsAre("GPU-a"));
    ledgers[2].give_back();
    EXPECT_THAT(ledgers[4].take(needs(0, 0, 1)).gpus, ElementsAre("3"));
}

TEST_F(LedgerTest, equal_shares_fit_as_often_as_there_are) {
    for (unsigned count = 2; count <= 64; ++count) {
        NodeSupply const supply{{0}, 3'000'000'001, {"0"}};
        std::vector<Needs> const shares(count, needs(0, supply.memory / count));
        EXPECT_EQ(count_fitting(shares, supply), count);
        // As they are typed: 0.3333.
        double const typed = std::floor(1e4 / count) / 1e4;
        EXPECT_EQ(count_fitting(std::vector(count, needs(0, 0, typed)), supply), count) << typed;
        EXPECT_EQ(count_fitting(std::vector(count, needs(0, 0, 1.0 / count)), supply), count);
    }
    EXPECT_EQ(count_fitting(std::vector(4, needs(0, 250'001)), supply_), 3U);
    EXPECT_EQ(count_fitting(std::vector(3, needs(0, 0, 0.3335)), {{0}, 0, {"0"}}), 2U);
}

TEST_F(LedgerTest, different_shares_fit_where_their_sum_does) {
    std::mt19937 random{7};
    for (int round = 0; round < 5; ++round) {
        NodeSupply const supply{{0}, 1'000'003, {"0"}};
        std::vector<Needs> mixed;
        std::uint64_t left = supply.memory;
        while (mixed.size() < 30) {
            auto const bytes = 1 + random() % (left / 8);
            left -= bytes;
            mixed.push_back(needs(0, bytes, static_cast<double>(bytes) / 1'000'003));
        }
        mixed.push_back(needs(0, left, static_cast<double>(left) / 1'000'003));
        std::ranges::shuffle(mixed, random);
        EXPECT_EQ(count_fitting(mixed, supply), mixed.size());
        for (auto const& more : {needs(0, 1), needs(0, 0, 0.001)}) {
            mixed.push_back(more);
            EXPECT_EQ(count_fitting(mixed, supply), mixed.size() - 1);
            mixed.pop_back();
        }
    }
}

TEST_F(LedgerTest, who_is_tried_again_waits_for_the_shares_of_others) {
    std::vector<Ledger> ledgers;
    for (unsigned i = 0; i < 4; ++i) ledgers.emplace_back(folder_, supply_, Ledger::Worker{i, 4});
    for (std::size_t i = 0; i < 3; ++i) ledgers[i].take(needs(0), Ledger::Memory::share);
    std::atomic<bool> has = false;
    std::jthread const waits{[&] {
        ledgers[3].take(needs(0, 500'000), Ledger::Memory::again);
        has = true;
    }};
    std::this_thread::sleep_for(30ms);
    EXPECT_FALSE(has) << "three have a quarter each";
    ledgers[1].give_back();
    for (int i = 0; !has && i < 1000; ++i) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(has);
    // What is asked for is another account; a share waits.
    ledgers[1].take(needs(0, 500'000));
    ledgers[1].give_back();
    std::jthread const comes_later{[&] {
        ledgers[1].take(needs(0), Ledger::Memory::share);
        has = false;
    }};
    std::this_thread::sleep_for(30ms);
    EXPECT_TRUE(has);
    ledgers[3].give_back();
}

TEST_F(LedgerTest, what_nobody_has_is_refused) {
    Ledger ledger{folder_, supply_};
    for (auto const& wrong : {needs(5), needs(1, 1'000'001), needs(0, 0, 3)})
        EXPECT_THROW(ledger.take(wrong), Error);
    EXPECT_THAT(ledger.take(needs(4, 1'000'000, 2)).cores, SizeIs(4));
    ledger.give_back();
    Ledger::remove_files(folder_);
    EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(LedgerTest, what_a_dead_process_had_comes_back) {
    pid_t const child = ::fork();
    if (child == 0) {
        Ledger ledger{folder_, supply_};
        ledger.take(needs(4, 900'000));
        ::kill(::getpid(), SIGKILL);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    Ledger ledger{folder_, supply_};
    EXPECT_THAT(ledger.take(needs(4, 1'000'000)).cores, SizeIs(4));
}

TEST_F(LedgerTest, never_more_than_there_is_and_nobody_starves) {
    std::mutex mutex;
    std::map<int, int> users;
    std::uint64_t memory = 0;
    int largest_done = 0;
    auto const work = [&](unsigned seed) {
        Ledger ledger{folder_, supply_};
        std::mt19937 random{seed};
        for (int round = 0; round < 40; ++round) {
            bool const is_large = round % 8 == 7;
            Needs const wanted =
                is_large ? needs(4, 1'000'000) : needs(1 + random() % 2, (1 + random() % 6) * 100'000);
            auto const granted = ledger.take(wanted);
            {
                std::lock_guard const lock{mutex};
                for (int const core : granted.cores) EXPECT_EQ(++users[core], 1);
                memory += wanted.memory;
                EXPECT_LE(memory, 1'000'000U);
                largest_done += is_large ? 1 : 0;
            }
            std::this_thread::sleep_for(std::chrono::microseconds{random() % 1000});
            {
                std::lock_guard const lock{mutex};
                for (int const core : granted.cores) --users[core];
                memory -= wanted.memory;
            }
            ledger.give_back();
        }
    };
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < 8; ++i) threads.emplace_back(work, i);
    }
    EXPECT_EQ(largest_done, 40);
    EXPECT_EQ(memory, 0U);
}

TEST_F(LedgerTest, large_needs_are_not_overtaken) {
    Ledger first{folder_, supply_};
    first.take(needs(1));
    Ledger large{folder_, supply_};
    std::atomic<int> order = 0;
    int large_was = 0;
    std::vector<int> small_were(4);
    std::jthread const waits{[&] {
        large.take(needs(4));
        large_was = ++order;
        large.give_back();
    }};
    std::this_thread::sleep_for(30ms);
    std::vector<std::jthread> small;
    for (int& was : small_were) {
        small.emplace_back([&] {
            Ledger ledger{folder_, supply_};
            ledger.take(needs(1));
            was = ++order;
        });
    }
    std::this_thread::sleep_for(50ms);
    EXPECT_EQ(order, 0);
    first.give_back();
    small.clear();
    EXPECT_EQ(large_was, 1);
    EXPECT_EQ(order, 5);
}

}  // namespace
}  // namespace rankpool::batch
