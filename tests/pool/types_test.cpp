// SPDX-License-Identifier: MIT
// Types of results that not every container takes.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <map>

namespace rankpool {
namespace {

using namespace support;

using Entry = std::map<std::string, long>::value_type;

Entry entry(long x) {
    if (x == 13) throw std::runtime_error("thirteen");
    return {std::to_string(x), x};
}

TEST(PoolTypesTest, a_result_that_cannot_be_assigned) {
    static_assert(!std::is_move_assignable_v<Entry>);
    auto pool = context().pool(2);
    long sum = 0;
    for (auto const& e : pool.map<entry>(numbers(10))) sum += e.second;
    EXPECT_EQ(sum, 45);
    for (auto const& e : pool.imap<entry>(numbers(10))) sum += e.second;
    EXPECT_EQ(sum, 90);
    for (auto const& e : pool.imap_unordered<entry>(numbers(10))) sum += e.second;
    EXPECT_EQ(sum, 135);
    auto const outcomes = pool.try_map<entry>(numbers(20));
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        ASSERT_EQ(outcomes[i].has_value(), i != 13);
        if (i == 13) continue;
        EXPECT_EQ(outcomes[i].value().first, std::to_string(i));
    }
    EXPECT_EQ(pool.apply<entry>(3L).second, 3);
    auto range = pool.imap<entry>(numbers(2));
    EXPECT_EQ(range.next()->second, 0);
    EXPECT_EQ(range.next(10s)->second, 1);
    EXPECT_FALSE(range.next());
}

void note(std::string const& name, long x) {
    Tally::add(name);
    if (x == 5) throw std::runtime_error("five");
}

TEST(PoolTypesTest, the_results_of_a_function_that_gives_nothing_can_be_walked) {
    auto pool = context().pool(2);
    Tally calls;
    auto const f = partial<note>(calls.name());
    long seen = 0;
    for ([[maybe_unused]] auto const& done : pool.imap(f, numbers(5))) ++seen;
    for ([[maybe_unused]] auto const& done : pool.imap_unordered(f, numbers(5))) ++seen;
    for ([[maybe_unused]] auto const& done : pool.imap<square>(numbers(5))) ++seen;
    EXPECT_EQ(seen, 15);
    EXPECT_EQ(calls.count(), 10);
    auto range = pool.imap(f, std::vector<long>{4, 5, 6});
    EXPECT_TRUE(range.next());
    EXPECT_THROW((void)range.next(), RemoteError);
    EXPECT_TRUE(range.next());
    EXPECT_FALSE(range.next());
}

/// Takes no bytes.
struct Tick {
    template <class Archive>
    void serialize(Archive& /*archive*/, unsigned int /*version*/) {}
};

TEST(PoolTypesTest, containers_of_elements_without_bytes) {
    auto pool = context().pool(1);
    auto const ticks = [](long n) { return std::vector<Tick>(static_cast<std::size_t>(n)); };
    auto const monostates = [](long n) { return std::vector<std::monostate>(static_cast<std::size_t>(n)); };
    auto const count = [](std::vector<Tick> const& all) { return all.size(); };
    for (long const n : {0L, 1L, 65'537L, 100'000L, 1'000'000L}) {
        auto const size = static_cast<std::size_t>(n);
        EXPECT_EQ(pool.apply(ticks, n).size(), size);
        EXPECT_EQ(pool.apply(monostates, n).size(), size);
        EXPECT_EQ(pool.apply(count, std::vector<Tick>(size)), size);
    }
}

}  // namespace
}  // namespace rankpool
