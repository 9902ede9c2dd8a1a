// SPDX-License-Identifier: MIT
// Every documented operation on futures, locks, shared values and managers, called once as a program would.
#include "tests/channel/support.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <numeric>

namespace rankpool {
namespace {

using namespace support;

long twice(long x) {
    return 2 * x;
}
long plus(long x, long y) {
    return x + y;
}
void sleep_long() {
    std::this_thread::sleep_for(60s);
}
Expansion<long, long> halves(long x) {
    if (x < 2) return {.results = {x}};
    return {.more = {x / 2, x - x / 2}};
}

TEST(EveryOperationTest, futures) {
    auto pool = context().pool(2);
    long seen = 0;
    auto result = pool.apply_async<twice>(
        ApplyOptions{.callback = [&](long r) { seen = r; }, .error_callback = {}, .priority = 2}, 4L);
    EXPECT_EQ(result.get(), 8);
    EXPECT_EQ(seen, 8);
    EXPECT_FALSE(result.cancel());
    EXPECT_FALSE(result.cancelled());
    EXPECT_FALSE(result.running());
    EXPECT_FALSE(result.exception());
    bool called = false;
    result.add_done_callback([&] { called = true; });
    EXPECT_TRUE(called);
    EXPECT_EQ(result.then<plus>(3L).get(), 11);

    auto long_one = pool.apply_async<sleep_long>();
    EXPECT_TRUE(long_one.cancel(Kill::yes));
    EXPECT_THROW(long_one.get(), CancelledError);
    EXPECT_TRUE(long_one.cancelled());

    std::vector results{pool.apply_async<twice>(1L), pool.apply_async<twice>(2L)};
    for (When const when : {When::first_completed, When::first_exception, When::all_completed}) {
        auto const [done, not_done] = rankpool::wait(results, when, 30s);
        EXPECT_FALSE(done.empty());
        EXPECT_EQ(done.size() + not_done.size(), 2U);
    }
    std::set<std::size_t> order;
    for (std::size_t const i : rankpool::as_completed(results, 30s)) order.insert(i);
    EXPECT_EQ(order, (std::set<std::size_t>{0, 1}));

    std::vector<std::pair<long, long>> const pairs{{1, 2}, {3, 4}};
    std::vector<long> sums;
    for (long const sum : pool.istarmap<plus>(pairs)) sums.push_back(sum);
    EXPECT_EQ(sums, (std::vector<long>{3, 7}));
    long sum = 0;
    for (long const one : pool.istarmap_unordered<plus>(pairs, {.priority = 1})) sum += one;
    EXPECT_EQ(sum, 10);
    pool.resize(3);
    EXPECT_EQ(pool.size(), 3U);
    long leaves = 0;
    for (long const leaf : pool.expand<halves>(std::vector<long>{5, 3})) leaves += leaf;
    EXPECT_EQ(leaves, 8);
}

template <class L>
void use_lock(L lock) {
    EXPECT_TRUE(lock.acquire());
    EXPECT_TRUE(lock.locked());
    EXPECT_FALSE(lock.owner_died());
    EXPECT_EQ(lock.generation(), 0U);
    lock.release();
    EXPECT_TRUE(lock.acquire(1s));
    lock.release();
    EXPECT_TRUE(lock.try_acquire());
    lock.release();
    { std::lock_guard const guard{lock}; }
    { std::scoped_lock const guard{lock}; }
    EXPECT_TRUE(lock.try_lock());
    lock.unlock();
    EXPECT_TRUE(lock.try_lock_for(1s));
    lock.unlock();
    EXPECT_THROW(lock.release(), UsageError);
}

TEST(EveryOperationTest, locks_and_semaphores) {
    use_lock(context().lock());
    use_lock(context().rlock());

    auto semaphore = context().semaphore();
    EXPECT_EQ(semaphore.value(), 1);
    EXPECT_TRUE(semaphore.acquire());
    EXPECT_FALSE(semaphore.try_acquire());
    EXPECT_FALSE(semaphore.acquire(10ms));
    semaphore.release(3);
    EXPECT_EQ(semaphore.value(), 3);
    auto bounded = context().bounded_semaphore(2);
    EXPECT_TRUE(bounded.acquire(1s));
    bounded.release();
    EXPECT_THROW(bounded.release(), UsageError);
}

long act() {
    return 0;
}

TEST(EveryOperationTest, conditions_events_and_barriers) {
    auto const lock = context().lock();
    for (auto condition : {context().condition(), context().condition(lock)}) {
        EXPECT_THROW(condition.notify(), UsageError);
        EXPECT_THROW(condition.wait(), UsageError);
        EXPECT_TRUE(condition.acquire());
        EXPECT_FALSE(condition.wait(10ms));
        EXPECT_TRUE(condition.wait_for([] { return true; }));
        EXPECT_FALSE(condition.wait_for([] { return false; }, 10ms));
        condition.notify();
        condition.notify(2);
        condition.notify_all();
        condition.release();
    }

    auto event = context().event();
    EXPECT_FALSE(event.is_set());
    EXPECT_FALSE(event.wait(10ms));
    event.set();
    EXPECT_TRUE(event.wait());
    event.clear();
    EXPECT_FALSE(event.is_set());

    auto barrier = context().barrier<act>(1);
    EXPECT_EQ(barrier.wait(), 0);
    EXPECT_EQ(barrier.wait(1s), 0);
    EXPECT_EQ(barrier.parties(), 1);
    EXPECT_EQ(barrier.n_waiting(), 0);
    barrier.abort();
    EXPECT_TRUE(barrier.broken());
    EXPECT_THROW(barrier.wait(), BrokenBarrier);
    barrier.reset();
    EXPECT_FALSE(barrier.broken());
    EXPECT_THROW(context().barrier(2).wait(10ms), BrokenBarrier);
}

TEST(EveryOperationTest, values_and_arrays) {
    auto value = context().value<long>(5);
    EXPECT_EQ(value.fetch_add(2), 5);
    EXPECT_EQ(value.fetch_sub(1), 7);
    EXPECT_EQ(value.exchange(9), 6);
    long expected = 8;
    EXPECT_FALSE(value.compare_exchange(expected, 1));
    EXPECT_EQ(expected, 9);
    EXPECT_TRUE(value.compare_exchange(expected, 10));
    EXPECT_FALSE(value.compare_exchange(9, 1));
    EXPECT_TRUE(value.compare_exchange(10, 11));
    { std::lock_guard const guard{value.get_lock()}; }
    value.set(value.get() + 1);
    EXPECT_EQ(value.get(), 12);
    auto raw = context().raw_value(1.5);
    EXPECT_EQ(raw.get(), 1.5);

    auto array = context().array<int>(4);
    EXPECT_EQ(array.size(), 4U);
    array.set(1, 7);
    EXPECT_EQ(array.get(1), 7);
    array.write(2, std::vector{8, 9});
    EXPECT_EQ(array.read(1, 3), (std::vector{7, 8, 9}));
    EXPECT_THROW((void)array.get(4), std::out_of_range);
    EXPECT_THROW((void)array.read(3, 2), std::out_of_range);
    { std::lock_guard const guard{array.get_lock()}; }
    EXPECT_EQ(context().array<int>({1, 2}).get(1), 2);
    EXPECT_EQ(context().array(std::vector{1.0, 2.0}).get(1), 2.0);
    EXPECT_EQ(context().raw_array<int>(3).size(), 3U);

    auto shared = context().shared_array<double>(3);
    shared.span()[2] = 4;
    EXPECT_EQ(shared.span()[2], 4);
    EXPECT_EQ(shared.size(), 3U);
}

std::optional<long> add_to(std::optional<long> value, long amount) {
    return value.value_or(0) + amount;
}

TEST(EveryOperationTest, dicts_and_lists) {
    auto const last = DictOptions{.rank = last_rank(), .max_bytes = 1U << 20U};
    for (DictOptions const& options : {DictOptions{}, last, DictOptions{.spread = true}}) {
        auto dict = context().dict<std::string, long>(options);
        EXPECT_FALSE(dict.get("a"));
        EXPECT_THROW((void)dict.at("a"), std::out_of_range);
        dict.set("a", 1);
        EXPECT_EQ(dict.at("a"), 1);
        EXPECT_EQ(dict.setdefault("a", 2), 1);
        EXPECT_EQ(dict.setdefault("b", 2), 2);
        EXPECT_EQ(dict.pop("b"), 2);
        EXPECT_THROW((void)dict.pop("b"), std::out_of_range);
        EXPECT_FALSE(dict.erase("b"));
        EXPECT_TRUE(dict.contains("a"));
        EXPECT_EQ(dict.update<add_to>("a", 5L), 6);
        dict.set_many({{"x", 3}, {"y", 4}});
        dict.set_many(std::map<std::string, long>{{"z", 5}});
        EXPECT_EQ(dict.get_many({"x", "none"}), (std::vector<std::optional<long>>{3, std::nullopt}));
        EXPECT_EQ(dict.get_many(std::vector<std::string>{"y", "z"}),
                  (std::vector<std::optional<long>>{4, 5}));
        EXPECT_EQ(dict.size(), 4U);
        EXPECT_EQ(dict.keys().size(), 4U);
        EXPECT_EQ(dict.items().size(), 4U);
        EXPECT_EQ(dict.wait_for("x"), 3);
        EXPECT_FALSE(dict.wait_for("none", 10ms));
        dict.clear();
        EXPECT_EQ(dict.size(), 0U);
    }

    auto list = context().list<long>();
    list.append(1);
    list.extend({2, 3});
    list.extend(std::vector<long>{4});
    list.set(0, 9);
    EXPECT_EQ(list.get(0), 9);
    EXPECT_EQ(list.pop(), 4);
    EXPECT_EQ(list.size(), 3U);
    EXPECT_EQ(list.items(), (std::vector<long>{9, 2, 3}));
    EXPECT_THROW((void)list.get(3), std::out_of_range);
}

long count_up(Lock const& lock, Value<long> const& value, Array<long> const& array, List<long> const& list,
              Dict<long, long> const& dict, long x) {
    std::lock_guard const guard{lock};
    array.set(0, array.get(0) + x);
    list.append(x);
    dict.set(x, x);
    return value.fetch_add(x);
}

TEST(EveryOperationTest, all_are_values_that_travel) {
    auto lock = context().lock();
    auto value = context().value<long>();
    auto array = context().array<long>(1);
    auto list = context().list<long>();
    auto dict = context().dict<long, long>();
    auto pool = context().pool();
    (void)pool.map(partial<count_up>(lock, value, array, list, dict), numbers(10));
    EXPECT_EQ(value.get(), 45);
    EXPECT_EQ(array.get(0), 45);
    EXPECT_EQ(list.size(), 10U);
    EXPECT_EQ(dict.size(), 10U);

    auto barriers = context().queue<Barrier>();
    barriers.put(context().barrier(1));
    EXPECT_EQ(barriers.get().wait(), 0);
    auto conditions = context().queue<std::tuple<Condition, Event, Semaphore, RLock>>();
    conditions.put({context().condition(), context().event(), context().semaphore(), context().rlock()});
    auto [condition, event, semaphore, rlock] = conditions.get();
    EXPECT_TRUE(condition.acquire() && !event.is_set() && semaphore.try_acquire() && rlock.try_acquire());
}

}  // namespace
}  // namespace rankpool
