// SPDX-License-Identifier: MIT
// Waiting for several results, and for results, channels and processes together.
#include "tests/pool/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>

namespace rankpool {
namespace {

using namespace support;
using testing::ElementsAre;
using testing::IsEmpty;

long wait_at(std::string const& gate, long x) {
    Tally::wait_for(gate, 1);
    return x;
}
long fail_at(std::string const& gate) {
    Tally::wait_for(gate, 1);
    throw std::invalid_argument("no");
}
void wait_only(std::string const& gate) {
    Tally::wait_for(gate, 1);
}

/// Four calls of two pools of two workers each, so that all of them run.
class WaitForResults : public testing::Test {
  protected:
    Pool pool_ = context().pool(2);
    Pool other_ = context().pool(2);
    std::array<Tally, 4> gates_;
    std::vector<AsyncResult<long>> results_{
        pool_.apply_async<wait_at>(gates_[0].name(), 0L), other_.apply_async<wait_at>(gates_[1].name(), 1L),
        pool_.apply_async<fail_at>(gates_[2].name()), other_.apply_async<wait_at>(gates_[3].name(), 3L)};

    void open(std::size_t i) {
        gates_.at(i).add();
        results_.at(i).wait();
    }
    void TearDown() override {
        for (Tally const& gate : gates_) gate.add();
    }
};

TEST_F(WaitForResults, first_completed) {
    EXPECT_THAT(rankpool::wait(results_, When::first_completed, 20ms).done, IsEmpty());
    gates_[1].add();
    auto const [done, not_done] = rankpool::wait(results_, When::first_completed);
    EXPECT_THAT(done, ElementsAre(1));
    EXPECT_THAT(not_done, ElementsAre(0, 2, 3));
    EXPECT_THAT(rankpool::wait(results_, When::first_completed, 60s).done, ElementsAre(1));
}

TEST_F(WaitForResults, first_exception) {
    open(3);
    EXPECT_THAT(rankpool::wait(results_, When::first_exception, 20ms).done, ElementsAre(3));
    gates_[2].add();
    EXPECT_THAT(rankpool::wait(results_, When::first_exception).done, ElementsAre(2, 3));
    EXPECT_THAT(rankpool::wait(results_, When::first_exception).not_done, ElementsAre(0, 1));
}

TEST_F(WaitForResults, a_cancelled_one_is_no_exception_but_has_ended) {
    EXPECT_TRUE(results_[0].cancel(Kill::yes));
    EXPECT_THAT(rankpool::wait(results_, When::first_exception, 20ms).done, ElementsAre(0));
    EXPECT_THAT(rankpool::wait(results_, When::first_completed).done, ElementsAre(0));
}

TEST_F(WaitForResults, all_completed) {
    open(0);
    auto const [done, not_done] = rankpool::wait(results_, 20ms);
    EXPECT_THAT(done, ElementsAre(0));
    EXPECT_THAT(not_done, ElementsAre(1, 2, 3));
    EXPECT_THAT(rankpool::wait(results_, When::all_completed, 0s).done, ElementsAre(0));
    for (std::size_t i = 1; i < 4; ++i) gates_.at(i).add();
    EXPECT_THAT(rankpool::wait(results_).done, ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(rankpool::wait(std::list(results_.begin(), results_.end()), 60s).not_done, IsEmpty());
    EXPECT_THAT(rankpool::wait({results_[0], results_[1]}, When::all_completed).done, ElementsAre(0, 1));
}

TEST_F(WaitForResults, none_are_done_at_once) {
    std::vector<AsyncResult<int>> const none;
    for (When const when : {When::first_completed, When::first_exception, When::all_completed}) {
        EXPECT_THAT(rankpool::wait(none, when).done, IsEmpty());
    }
    for (std::size_t const i : rankpool::as_completed(none)) FAIL() << i;
    EXPECT_THAT(rankpool::wait(std::vector<Waitable>{}), IsEmpty());
}

TEST_F(WaitForResults, as_completed_gives_them_as_they_end) {
    open(3);
    open(2);
    std::vector<std::size_t> order;
    for (std::size_t const i : rankpool::as_completed(results_)) {
        order.push_back(i);
        if (order.size() == 2) gates_[1].add();
        if (order.size() == 3) gates_[0].add();
    }
    EXPECT_THAT(order, ElementsAre(3, 2, 1, 0));
}

TEST_F(WaitForResults, as_completed_has_one_timeout_for_all) {
    open(0);
    std::vector<std::size_t> order;
    auto const error = thrown<TimeoutError>([&] {
        for (std::size_t const i : rankpool::as_completed(results_, 100ms)) order.push_back(i);
    });
    ASSERT_TRUE(error);
    EXPECT_THAT(error->what(), testing::HasSubstr("3 of 4 results"));
    EXPECT_THAT(order, ElementsAre(0));
    // The same one twice has two places.
    std::vector<AsyncResult<long>> const twice{results_[0], results_[0]};
    order.clear();
    for (std::size_t const i : rankpool::as_completed(twice, 0s)) order.push_back(i);
    EXPECT_THAT(order, ElementsAre(0, 1));
}

TEST_F(WaitForResults, a_wait_in_the_inputs_of_its_own_call_is_refused) {
    std::vector<AsyncResult<std::vector<long>>> own;
    int refused = 0;
    // Read as far as there is room, and on while the result is waited for.
    auto inputs = Made{[&, next = 0L]() mutable -> std::optional<long> {
        if (!own.empty() && refused == 0) refused += thrown<UsageError>([&] { rankpool::wait(own); }) ? 1 : 0;
        return next < 100'000 ? std::optional{next++} : std::nullopt;
    }};
    own.push_back(pool_.map_async<square>(std::move(inputs)));
    for (Tally const& gate : gates_) gate.add();
    EXPECT_EQ(rankpool::wait(own).done.size(), 1U);
    EXPECT_EQ(own.front().get().size(), 100'000U);
    EXPECT_LE(refused, 1);
}

TEST(WaitForThings, results_queues_connections_and_processes_together) {
    auto pool = context().pool(2);
    Tally result_gate;
    Tally process_gate;
    auto const number = pool.apply_async<wait_at>(result_gate.name(), 3L);
    auto queue = context().queue<std::string>();
    auto joinable = context().joinable_queue<int>();
    auto [left, right] = context().pipe<int>();
    auto process = context().process<wait_only>(process_gate.name());
    EXPECT_THROW((void)process.sentinel(), UsageError);
    process.start();
    std::vector<Waitable> const things{number, queue, right, process, process.sentinel(), joinable, queue};
    EXPECT_THAT(rankpool::wait(things, 20ms), IsEmpty());
    EXPECT_THAT(rankpool::wait(things, 0s), IsEmpty());
    queue.put("here");
    EXPECT_THAT(rankpool::wait(things), ElementsAre(1, 6));
    left.send(5);
    EXPECT_THAT(rankpool::wait(things), ElementsAre(1, 2, 6));
    EXPECT_EQ(queue.get(), "here");
    EXPECT_EQ(right.recv(), 5);
    result_gate.add();
    EXPECT_THAT(rankpool::wait(things), ElementsAre(0));
    EXPECT_THAT(rankpool::wait({number, queue}, 60s), ElementsAre(0));
    process_gate.add();
    EXPECT_THAT(rankpool::wait({process, queue}), ElementsAre(0));
    EXPECT_THAT(rankpool::wait(things), ElementsAre(0, 3, 4));
    EXPECT_EQ(process.exitcode(), 0);
    joinable.put(1);
    EXPECT_THAT(rankpool::wait({joinable}), ElementsAre(0));
    queue.close();
    EXPECT_THROW((void)rankpool::wait(things, 0s), ClosedError);
}

void put_late(Queue<int> queue, std::string const& gate) {
    Tally::wait_for(gate, 1);
    queue.put(7);
}

TEST(WaitForThings, a_wait_ends_when_another_process_puts) {
    auto queue = context().queue<int>();
    auto never = context().queue<int>();
    Tally gate;
    auto process = context().process<put_late>({.rank = context().size() - 1}, queue, gate.name());
    process.start();
    EXPECT_THAT(rankpool::wait({never, queue}, 10ms), IsEmpty());
    gate.add();
    EXPECT_THAT(rankpool::wait({never, queue}), ElementsAre(1));
    EXPECT_EQ(queue.get(), 7);
    process.join();
}

}  // namespace
}  // namespace rankpool
