// SPDX-License-Identifier: MIT
// A value of 3 GiB to a task on another rank and back; nobody holds more than its own copies.
#include "tests/pool/support.hpp"
#include "tests/system/processes.hpp"

#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;

using Numbers = std::vector<std::uint64_t>;

constexpr std::uint64_t mebibyte = 1U << 20U;
constexpr std::uint64_t bytes = 3072 * mebibyte;
#if defined(__SANITIZE_ADDRESS__)
/// With the sanitizer's own notes of each byte.
constexpr std::uint64_t slack = 1024 * mebibyte;
#else
constexpr std::uint64_t slack = 64 * mebibyte;
#endif

std::uint64_t number_at(std::uint64_t i) {
    return i * 0x9e3779b97f4a7c15U;
}

Numbers turn(Numbers all) {
    for (std::uint64_t& number : all) number = ~number;
    return all;
}

TEST(PoolHuge, three_gibibytes_there_and_back) {
    auto pool = context().pool();
    ASSERT_EQ(pool.size(), 2U) << "this test is for two ranks";
    auto const pids = pids_of(pool);
    // The worker of rank 0 is the first of two that are idle.
    Tally begun;
    Tally gate;
    auto const occupy = [](std::string const& is_begun, std::string const& name) {
        Tally::add(is_begun);
        Tally::wait_for(name, 1);
        return current_process().rank();
    };
    auto const occupied = pool.apply_async(occupy, begun.name(), gate.name());
    begun.wait_for(1);

    std::vector<Numbers> values(1);
    values[0].resize(bytes / sizeof(std::uint64_t));
    for (std::uint64_t i = 0; i < values[0].size(); ++i) values[0][i] = number_at(i);
    auto const outcomes = pool.try_map<turn>(values);

    EXPECT_LE(peak_memory(::getpid()), 2 * bytes + slack);
    for (pid_t const pid : pids) {
        EXPECT_LE(peak_memory(pid), bytes + slack);
        pid_t const fork_server = parent_of(pid);
        EXPECT_LE(peak_memory(fork_server), slack);
        EXPECT_LE(peak_memory(parent_of(fork_server)), slack) << "a supervisor";
    }
    gate.add();
    EXPECT_EQ(occupied.get(), 0);
    ASSERT_TRUE(outcomes[0]) << outcomes[0].error().what();
    EXPECT_EQ(outcomes[0].rank(), 1);
    Numbers const& result = outcomes[0].value();
    ASSERT_EQ(result.size(), values[0].size());
    std::uint64_t wrong = 0;
    for (std::uint64_t i = 0; i < result.size(); ++i) wrong += result[i] != ~number_at(i) ? 1U : 0U;
    EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace rankpool
