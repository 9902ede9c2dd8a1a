// SPDX-License-Identifier: MIT
#include "rankpool/worker/cross_memory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

namespace rankpool::worker {
namespace {

/// What `act` returns in a child process.
template <class Act>
bool in_child(Act act) {
    pid_t const child = ::fork();
    if (child == 0) ::_exit(act() ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    return status == 0;
}

TEST(LentMemoryTest, another_process_takes_it) {
    std::string text(100'000, 'a');
    std::string const before = text;
    text.back() = 'b';
    CrossMemory const loan{text.data(), text.size()};
    EXPECT_TRUE(in_child([&] {
        std::string taken(text.size(), ' ');
        return take_lent(loan.terms(), taken.data(), taken.size()) && taken == text && taken != before;
    }));
}

/// As long that two threads take it, and not a multiple of anything.
TEST(LentMemoryTest, another_process_takes_what_is_large) {
    std::vector<std::uint32_t> numbers(5'000'003);
    std::iota(numbers.begin(), numbers.end(), 0U);
    std::size_t const bytes = numbers.size() * sizeof numbers[0];
    CrossMemory const loan{numbers.data(), bytes};
    EXPECT_TRUE(in_child([&] {
        std::vector<std::uint32_t> taken(numbers.size() + 1);
        return take_lent(loan.terms(), taken.data(), bytes) && taken.back() == 0 &&
               std::equal(numbers.begin(), numbers.end(), taken.begin());
    }));
    EXPECT_TRUE(in_child([&] {
        link::Lent other = loan.terms();
        ++other.seal;
        std::vector<std::uint32_t> taken(numbers.size());
        return !take_lent(other, taken.data(), bytes);
    }));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // Where it may have no other thread.
    EXPECT_TRUE(in_child([&] {
        std::vector<std::uint32_t> taken(numbers.size());
        rlimit const none{0, 0};
        ::setrlimit(RLIMIT_AS, &none);
        return take_lent(loan.terms(), taken.data(), bytes) && taken == numbers;
    }));
#endif
}

TEST(LentMemoryTest, what_is_another_process_with_the_same_number_is_refused) {
    std::string const text(1000, 'a');
    CrossMemory const loan{text.data(), text.size()};
    EXPECT_TRUE(in_child([&] {
        link::Lent other = loan.terms();
        ++other.seal;
        std::string taken(text.size(), ' ');
        return !take_lent(other, taken.data(), taken.size());
    }));
}

TEST(LentMemoryTest, what_is_not_there_is_refused) {
    std::string taken(1000, ' ');
    link::Lent nobody = CrossMemory{taken.data(), taken.size()}.terms();
    pid_t const child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    nobody.pid = child;
    EXPECT_FALSE(take_lent(nobody, taken.data(), taken.size()));
    link::Lent nowhere = CrossMemory{taken.data(), taken.size()}.terms();
    nowhere.address = 8;
    EXPECT_TRUE(in_child([&] { return !take_lent(nowhere, taken.data(), taken.size()); }));
}

}  // namespace
}  // namespace rankpool::worker
