// SPDX-License-Identifier: MIT
// Ranks that are killed while the job goes on without them, one in each test; mpirun must let it, by
// --enable-recovery.
#include "tests/pool/support.hpp"
#include "tests/system/processes.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

namespace rankpool {
namespace {

using namespace support;

/// How many ranks the tests so far have killed: always the highest that is left.
int killed = 0;

int victim() {
    return context().size() - 1 - killed;
}
bool has_victim() {
    return victim() > 0;
}

pid_t parent_of(pid_t pid) {
    std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text;
    std::getline(stat, text);
    std::istringstream fields{text.substr(text.rfind(')') + 2)};
    char state = 0;
    pid_t parent = 0;
    fields >> state >> parent;
    return parent;
}

/// To be called in a worker: its rank's supervisor is the parent of the fork server.
void kill_own_rank() {
    ::kill(parent_of(::getppid()), SIGKILL);
    for (;;) ::pause();
}

/// Squares; the one that comes first to the victim kills it, with what it and the others there have.
long square_or_kill(int victim, long x) {
    if (current_process().rank() == victim) kill_own_rank();
    std::this_thread::sleep_for(1ms);
    return x * x;
}

class LostRankTest : public testing::Test {
  protected:
    void SetUp() override {
        if (!has_victim()) GTEST_SKIP() << "no rank is left to be killed";
    }
    void TearDown() override {
        if (has_victim()) ++killed;
    }
};

TEST_F(LostRankTest, map_goes_on_with_the_others) {
    auto pool = context().pool();
    EXPECT_EQ(pool.map(partial<square_or_kill>(victim()), numbers(500)), squares(500));
    EXPECT_EQ(pool.map<square>(numbers(1000)), squares(1000));
}

TEST_F(LostRankTest, large_values_are_sent_once_more) {
    auto pool = context().pool();
    int const bad = victim();
    std::vector<std::vector<double>> const inputs(20, std::vector<double>(1 << 18, 1.5));
    auto const sums = pool.map(partial<[](int rank, std::vector<double> values) {
                                   if (current_process().rank() == rank) kill_own_rank();
                                   for (double& value : values) value *= 2;
                                   return values;
                               }>(bad),
                               inputs, {.chunksize = 1});
    ASSERT_EQ(sums.size(), inputs.size());
    for (auto const& values : sums)
        EXPECT_EQ(std::accumulate(values.begin(), values.end(), 0.0), 3.0 * (1 << 18));
}

TEST_F(LostRankTest, fixed_blocks_are_done_by_others) {
    auto pool = context().pool();
    MapOptions const fixed{.schedule = Schedule::fixed};
    EXPECT_EQ(pool.map(partial<square_or_kill>(victim()), numbers(200), fixed), squares(200));
    EXPECT_EQ(pool.map<square>(numbers(200), fixed), squares(200));
}

long add(long a, long b) {
    return a + b;
}

TEST_F(LostRankTest, reduction_has_the_same_result) {
    auto pool = context().pool();
    auto const all = squares(1000);
    EXPECT_EQ((pool.map_reduce(partial<square_or_kill>(victim()), task::Function<add>{}, numbers(1000), 0L)),
              std::accumulate(all.begin(), all.end(), 0L));
}

TEST_F(LostRankTest, broadcast_value_reaches_the_others) {
    auto pool = context().pool();
    std::vector<long> values(3'000'000);
    std::iota(values.begin(), values.end(), 0);
    auto const before = pool.broadcast(values);
    int const bad = victim();
    auto const look = [](int rank, Shared<std::vector<long>> const& shared, long index) {
        if (current_process().rank() == rank) kill_own_rank();
        return shared.get()[static_cast<std::size_t>(index)];
    };
    EXPECT_EQ(pool.map(partial(look, bad, before), numbers(100), {.chunksize = 1}), numbers(100));
    auto const after = pool.broadcast(values);
    EXPECT_EQ(pool.map(partial(look, -1, after), numbers(100), {.chunksize = 1}), numbers(100));
}

TEST_F(LostRankTest, its_processes_have_been_killed) {
    auto process = context().process({.rank = victim()}, [] { kill_own_rank(); });
    process.start();
    ASSERT_TRUE(process.join(30s));
    EXPECT_EQ(process.exitcode(), -SIGKILL);
    auto next = context().process({.rank = victim()}, [] {});
    EXPECT_THROW(next.start(), Error);
    auto other = context().process([] {});
    other.start();
    other.join();
    EXPECT_EQ(other.exitcode(), 0);
}

void send_one(Connection<int, int> end) {
    end.send(1);
    kill_own_rank();
}

TEST_F(LostRankTest, its_end_of_a_pipe_is_closed) {
    auto [here, there] = context().pipe<int>();
    auto process = context().process<send_one>({.rank = victim()}, there);
    process.start();
    there.close();
    EXPECT_EQ(here.recv(), 1);
    EXPECT_THROW((void)here.recv(), EndOfFile);
    process.join();
}

struct Shares {
    Lock lock;
    Barrier barrier;
    RawValue<int> value;
    Dict<int, int> dict;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& lock& barrier& value& dict;
    }
};

void make_shares(Connection<Shares, int> end) {
    Context& here = context();
    Shares const shares{here.lock(), here.barrier(2), here.raw_value<int>(1), here.dict<int, int>()};
    shares.lock.acquire();
    end.send(shares);
    end.recv();
    // Others wait by now.
    std::this_thread::sleep_for(100ms);
    kill_own_rank();
}

TEST_F(LostRankTest, shared_objects_made_there_are_closed) {
    auto [here, there] = context().pipe<int, Shares>();
    auto const mine = context().lock();
    auto process = context().process<make_shares>({.rank = victim()}, there);
    process.start();
    auto const shares = here.recv();
    EXPECT_EQ(shares.value.get(), 1);
    here.send(1);
    EXPECT_THROW(shares.lock.acquire(), ClosedError);
    EXPECT_THROW(shares.barrier.wait(), ClosedError);
    EXPECT_THROW((void)shares.value.get(), ClosedError);
    EXPECT_THROW((void)shares.dict.wait_for(1), ClosedError);
    EXPECT_THROW((void)(context().dict<int, int>({.rank = victim()})), Error);
    EXPECT_NO_THROW(shares.lock.unlock());
    EXPECT_TRUE(mine.try_acquire());
    process.join();
}

void take_and_lose(Lock lock, Semaphore semaphore) {
    lock.acquire();
    semaphore.acquire();
    kill_own_rank();
}

TEST_F(LostRankTest, what_its_processes_held_comes_back) {
    auto const lock = context().lock();
    auto const semaphore = context().semaphore();
    auto process = context().process<take_and_lose>({.rank = victim()}, lock, semaphore);
    process.start();
    process.join();
    EXPECT_TRUE(lock.acquire(10s));
    EXPECT_TRUE(lock.owner_died());
    EXPECT_TRUE(semaphore.acquire(10s));
}

void make_queue(Connection<Queue<int>, int> end) {
    auto queue = context().queue<int>();
    end.send(queue);
    end.recv();
    kill_own_rank();
}

TEST_F(LostRankTest, a_queue_made_there_has_ended) {
    auto [here, there] = context().pipe<int, Queue<int>>();
    auto process = context().process<make_queue>({.rank = victim()}, there);
    process.start();
    there.close();
    Queue<int> queue = here.recv();
    here.send(0);
    EXPECT_THROW(queue.get(30s), ClosedError);
    process.join();
}

}  // namespace
}  // namespace rankpool
