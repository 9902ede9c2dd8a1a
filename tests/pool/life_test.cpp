// SPDX-License-Identifier: MIT
// close, join, terminate, the end of the scope, callbacks.
#include "tests/pool/support.hpp"
#include "tests/system/processes.hpp"

#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;

long wait_at(std::string const& gate, long x) {
    Tally::wait_for(gate, 1);
    return x;
}

TEST(PoolLife, close_lets_calls_finish_and_takes_no_more) {
    auto pool = context().pool();
    Tally gate;
    auto const result = pool.map_async(partial<wait_at>(gate.name()), numbers(20));
    pool.close();
    EXPECT_THROW(pool.map<square>(numbers(3)), UsageError);
    EXPECT_THROW(pool.apply<square>(3), UsageError);
    EXPECT_THROW(pool.imap<square>(numbers(3)), UsageError);
    gate.add();
    pool.join();
    EXPECT_EQ(result.get(), numbers(20));
    pool.join();
}

TEST(PoolLife, join_waits_until_all_workers_are_gone) {
    auto pool = context().pool();
    auto const pids = pids_of(pool);
    pool.close();
    pool.join();
    for (pid_t const pid : pids) EXPECT_FALSE(exists(pid));
}

TEST(PoolLife, join_before_close_is_an_error) {
    auto pool = context().pool();
    EXPECT_THROW(pool.join(), UsageError);
    EXPECT_EQ(pool.apply<square>(2), 4);
}

TEST(PoolLife, terminate_ends_workers_at_work) {
    auto pool = context().pool();
    auto const pids = pids_of(pool);
    auto const result = pool.map_async(
        [](long x) {
            for (;;) ::pause();
            return x;
        },
        numbers(100));
    pool.terminate();
    pool.join();
    for (pid_t const pid : pids) EXPECT_FALSE(exists(pid));
    EXPECT_THROW(result.get(), ClosedError);
    EXPECT_THROW(pool.apply<square>(1), UsageError);
    pool.terminate();
}

TEST(PoolLife, terminate_ends_workers_that_ignore_sigterm) {
    auto pool = context().pool(2);
    auto const pids = pids_of(pool);
    Tally begun;
    auto const result = pool.map_async(partial(
                                           [](std::string const& name, long x) {
                                               ::signal(SIGTERM, SIG_IGN);
                                               Tally::add(name);
                                               for (;;) ::pause();
                                               return x;
                                           },
                                           begun.name()),
                                       numbers(2), {.chunksize = 1});
    begun.wait_for(2);
    pool.terminate();
    pool.join();
    for (pid_t const pid : pids) EXPECT_FALSE(exists(pid));
}

TEST(PoolLife, the_scope_ends_workers_at_work) {
    std::set<pid_t> pids;
    std::optional<AsyncResult<std::vector<long>>> result;
    {
        auto pool = context().pool();
        pids = pids_of(pool);
        Tally never;
        result = pool.map_async(partial<wait_at>(never.name()), numbers(10));
    }
    for (pid_t const pid : pids) EXPECT_FALSE(exists(pid));
    EXPECT_THROW(result->get(), ClosedError);
}

TEST(PoolLife, an_exception_that_leaves_the_scope_ends_the_pool) {
    pid_t pid = 0;
    auto const broken = [&] {
        auto pool = context().pool(1);
        pid = *pids_of(pool).begin();
        throw std::logic_error("out");
    };
    EXPECT_THROW(broken(), std::logic_error);
    EXPECT_NE(pid, 0);
    EXPECT_FALSE(exists(pid));
}

TEST(PoolLife, moves) {
    auto pool = context().pool(2);
    auto const pids = pids_of(pool);
    Pool other = std::move(pool);
    EXPECT_EQ(pids_of(other), pids);
    other = context().pool(1);
    EXPECT_EQ(other.size(), 1U);
    EXPECT_EQ(other.map<square>(numbers(10)), squares(10));
}

TEST(PoolLife, many_pools_one_after_another) {
    for (long i = 0; i < 30; ++i) {
        auto pool = context().pool(1 + i % 3);
        ASSERT_EQ(pool.map<square>(numbers(i)), squares(i));
    }
}

TEST(PoolLife, a_pool_that_is_never_used_ends) {
    auto pool = context().pool();
    auto closed = context().pool();
    closed.close();
    closed.join();
}

TEST(PoolLife, default_size_is_a_worker_on_every_rank) {
    auto pool = context().pool();
    EXPECT_EQ(static_cast<int>(pool.size()), context().workers());
    EXPECT_EQ(context().workers(), context().size());
    Tally meeting;
    auto const where = [](std::string const& name, long all) {
        meet(name, all);
        return current_process().rank();
    };
    std::vector<long> const everyone(pool.size(), static_cast<long>(pool.size()));
    auto const ranks = pool.map(partial(where, meeting.name()), everyone, {.chunksize = 1});
    EXPECT_EQ(std::set<int>(ranks.begin(), ranks.end()).size(), pool.size());
}

TEST(PoolLife, workers_know_who_they_are) {
    EXPECT_EQ(current_process().name(), "MainProcess");
    EXPECT_EQ(current_process().rank(), 0);
    EXPECT_EQ(current_process().pid(), ::getpid());
    auto pool = context().pool(3);
    Tally meeting;
    auto const name = [](std::string const& here, long all) {
        meet(here, all);
        return current_process().name();
    };
    auto const names = pool.map(partial(name, meeting.name()), std::vector<long>(3, 3), {.chunksize = 1});
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()),
              (std::set<std::string>{"PoolWorker-1", "PoolWorker-2", "PoolWorker-3"}));
    EXPECT_EQ(pool.apply([] { return current_process().pid() == ::getpid(); }), true);
}

TEST(PoolLife, workers_are_counted_from_0_also_on_each_node) {
    EXPECT_FALSE(current_process().index() || current_process().local_index());
    auto pool = context().pool(2 * context().size() + 1);
    Tally meeting;
    auto const places = [](std::string const& here, long all) {
        meet(here, all);
        return std::pair{current_process().index(), current_process().local_index()};
    };
    auto const size = static_cast<long>(pool.size());
    auto found =
        pool.map(partial(places, meeting.name()), std::vector<long>(pool.size(), size), {.chunksize = 1});
    std::ranges::sort(found);
    // All ranks are on one node here.
    for (int i = 0; i < size; ++i) {
        EXPECT_EQ(found[static_cast<std::size_t>(i)],
                  (std::pair<std::optional<int>, std::optional<int>>{i, i}));
    }
}

TEST(PoolLife, what_a_worker_has_started_ends_with_it) {
    auto pool = context().pool(1);
    auto const child = pool.apply([] {
        pid_t const pid = ::fork();
        if (pid == 0) {
            for (;;) ::pause();
        }
        return pid;
    });
    ASSERT_GT(child, 0);
    EXPECT_TRUE(exists(child));
    pool.terminate();
    pool.join();
    while (is_running(child)) std::this_thread::sleep_for(1ms);
}

TEST(PoolCallback, is_called_once_by_the_waiting_caller) {
    auto pool = context().pool();
    int calls = 0;
    auto const caller = std::this_thread::get_id();
    auto const result = pool.map_async<square>(numbers(10), {.callback = [&](std::vector<long> all) {
                                                   ++calls;
                                                   EXPECT_EQ(all, squares(10));
                                                   EXPECT_EQ(std::this_thread::get_id(), caller);
                                               }});
    result.wait();
    result.wait();
    EXPECT_EQ(calls, 1);
}

TEST(PoolCallback, may_start_the_next_call) {
    auto pool = context().pool();
    std::optional<AsyncResult<std::vector<long>>> second;
    auto const first = pool.map_async<square>(numbers(10), {.callback = [&](std::vector<long> const& all) {
                                                  second = pool.map_async<square>(all);
                                              }});
    first.wait();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->get()[3], 81);
}

TEST(PoolCallback, of_another_type_is_an_error) {
    auto pool = context().pool();
    auto const result =
        pool.map_async<square>(numbers(10), {.callback = [](std::vector<std::string> const&) {}});
    EXPECT_THROW(result.wait(), UsageError);
    EXPECT_EQ(pool.apply<square>(2), 4);
}

TEST(PoolCallback, of_errors_gets_the_exception) {
    auto pool = context().pool();
    int calls = 0;
    auto const result = pool.map_async([](long x) -> long { throw std::runtime_error(std::to_string(x)); },
                                       numbers(5), {.error_callback = [&](std::exception_ptr const& error) {
                                           ++calls;
                                           EXPECT_THROW(std::rethrow_exception(error), RemoteError);
                                       }});
    result.wait();
    EXPECT_EQ(calls, 1);
}

TEST(PoolCallback, runs_while_another_call_is_waited_for) {
    auto pool = context().pool();
    bool called = false;
    auto const first =
        pool.map_async<square>(numbers(10), {.callback = [&](std::vector<long> const&) { called = true; }});
    pool.close();
    pool.join();
    EXPECT_TRUE(called);
    EXPECT_TRUE(first.ready());
}

TEST(PoolLife, an_initializer_is_run_also_in_a_pool_that_is_closed_without_tasks) {
    for (int round = 0; round < 5; ++round) {
        Tally begun;
        auto pool = context().pool(
            3, {.initializer = partial([](std::string const& name) { Tally::add(name); }, begun.name())});
        pool.close();
        pool.join();
        EXPECT_EQ(begun.count(), 3);
    }
}

}  // namespace
}  // namespace rankpool
