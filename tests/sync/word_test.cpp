// SPDX-License-Identifier: MIT
// Locks that are taken and given back in the memory of a node, without a message.
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <fstream>
#include <mutex>

namespace rankpool {
namespace {

using namespace support;

/// A lock's word is looked for the second time that a process uses it.
template <class L>
void get_used_to(L const& lock) {
    for (int i = 0; i < 3; ++i) {
        lock.acquire();
        lock.release();
    }
}

std::string field_of(pid_t process, std::string const& name) {
    std::ifstream status{"/proc/" + std::to_string(process) + "/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
    }
    return {};
}

/// The rank, which has forked the process that has forked this one.
pid_t supervisor() {
    return static_cast<pid_t>(std::stol(field_of(::getppid(), "PPid")));
}

char state_of(pid_t process) {
    return field_of(process, "State").at(0);
}

TEST(LockWordTest, a_free_lock_is_had_while_its_home_is_stopped) {
    auto const lock = context().lock();
    auto const rlock = context().rlock();
    get_used_to(lock);
    get_used_to(rlock);
    pid_t const home = supervisor();
    ::kill(home, SIGSTOP);
    pid_t const rescue = ::fork();
    if (rescue == 0) {
        ::sleep(10);
        ::kill(home, SIGCONT);
        ::_exit(0);
    }
    while (state_of(home) != 'T') std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) {
        std::scoped_lock const both{lock, rlock};
        std::lock_guard const again{rlock};
    }
    EXPECT_EQ(state_of(home), 'T');
    ::kill(rescue, SIGKILL);
    ::waitpid(rescue, nullptr, 0);
    ::kill(home, SIGCONT);
    EXPECT_FALSE(lock.locked());
}

/// By its word, and `depth` times; returns when told to go on.
template <class L>
void take_and_wait(L const& lock, std::string const& taken, std::string const& told, int depth) {
    get_used_to(lock);
    for (int i = 0; i < depth; ++i) lock.acquire();
    Tally::add(taken);
    Tally::wait_for(told, 1);
}

template <class L>
void take_by_word_and_die(L lock, std::string const& taken, std::string const& may_die, int depth) {
    take_and_wait(lock, taken, may_die, depth);
    die();
}

template <class L>
void expect_the_owners_death(L const& lock, int depth, bool is_waited_for) {
    SCOPED_TRACE(is_waited_for ? "waited for" : "not waited for");
    auto const before = lock.generation();
    Tally taken;
    Tally may_die;
    auto owner = start_far<take_by_word_and_die<L>>(lock, taken.name(), may_die.name(), depth);
    taken.wait_for(1);
    if (is_waited_for) {
        EXPECT_FALSE(lock.acquire(20ms));
    }
    may_die.add();
    if (!is_waited_for) owner.join();
    EXPECT_TRUE(lock.acquire(20s));
    EXPECT_TRUE(lock.owner_died());
    EXPECT_EQ(lock.generation(), before + 1);
    lock.release();
    EXPECT_FALSE(lock.locked());
    owner.join();
}

TEST(LockWordTest, the_death_of_an_owner_that_nobody_asked_is_told) {
    auto const lock = context().lock();
    auto const rlock = context().rlock();
    for (bool const is_used_to : {false, true}) {
        if (is_used_to) get_used_to(lock);
        for (bool const is_waited_for : {false, true}) {
            expect_the_owners_death(lock, 1, is_waited_for);
            expect_the_owners_death(rlock, 3, is_waited_for);
        }
    }
}

template <class L>
void release_when_told(L lock, std::string const& taken, std::string const& told, int depth) {
    take_and_wait(lock, taken, told, depth);
    for (int i = 0; i < depth; ++i) lock.release();
}

TEST(LockWordTest, one_that_is_taken_several_times_is_free_after_as_many_releases) {
    auto const lock = context().rlock();
    Tally taken;
    Tally told;
    auto owner = start_far<release_when_told<RLock>>(lock, taken.name(), told.name(), 5);
    taken.wait_for(1);
    EXPECT_THROW(lock.release(), UsageError);
    EXPECT_FALSE(lock.acquire(20ms));
    told.add();
    EXPECT_TRUE(lock.acquire(20s));
    EXPECT_FALSE(lock.owner_died());
    lock.release();
    EXPECT_EQ(code_of(owner), 0);
}

TEST(LockWordTest, a_stranger_may_release_a_lock) {
    auto const lock = context().lock();
    Tally taken;
    Tally told;
    auto owner = start_far<release_when_told<Lock>>(lock, taken.name(), told.name(), 1);
    taken.wait_for(1);
    lock.release();
    EXPECT_TRUE(lock.try_acquire());
    told.add();
    // The owner's own release, of what is another's by now.
    EXPECT_EQ(code_of(owner), 0);
    EXPECT_FALSE(lock.locked());
}

void count_and_die(Lock lock, SharedArray<long> count, long times, long last) {
    for (long i = 0; i < times; ++i) {
        std::lock_guard const guard{lock};
        count.span()[0] = count.span()[0] + 1;
        if (i == last) die();
    }
}

TEST(LockWordTest, plain_memory_counts_right_under_kills) {
    auto const lock = context().lock();
    auto const count = context().shared_array<long>(1);
    long expected = 0;
    std::uint64_t deaths = 0;
    for (long round = 0; round < 8; ++round) {
        std::vector<Process> all;
        for (long i = 0; i < 4; ++i) {
            long const last = i % 2 == 1 ? 20 + 9 * round : -1;
            expected += last < 0 ? 300 : last + 1;
            deaths += last < 0 ? 0 : 1;
            all.push_back(context().process<count_and_die>(lock, count, 300L, last));
        }
        for (Process& process : all) process.start();
        for (Process& process : all) process.join();
    }
    EXPECT_EQ(count.span()[0], expected);
    EXPECT_EQ(lock.generation(), deaths);
}

TEST(LockWordTest, there_may_be_more_locks_than_words) {
    std::vector<Lock> locks;
    for (int i = 0; i < 16'500; ++i) locks.push_back(context().lock());
    get_used_to(locks.front());
    get_used_to(locks.back());
    locks.clear();
    get_used_to(context().lock());
}

}  // namespace
}  // namespace rankpool
