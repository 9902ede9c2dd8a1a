// SPDX-License-Identifier: MIT
// Tasks that add tasks to their own call.
#include "tests/pool/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace rankpool {
namespace {

using namespace support;
using testing::ElementsAre;

/// All numbers from the first to the last, by halves.
Expansion<std::pair<long, long>, long> halve(std::pair<long, long> const& range) {
    auto const [first, last] = range;
    if (first == last) return {.results = {first}};
    long const middle = first + (last - first) / 2;
    return {.more = {{first, middle}, {middle + 1, last}}};
}
Expansion<long, long> down_to_zero(long x) {
    if (x == 13) throw std::invalid_argument("thirteen");
    if (x == 0) return {.results = {0}};
    return {.results = {x}, .more = {x - 1}};
}
Expansion<std::string, std::string> words(std::string const& word) {
    if (word.size() == 3) return {.results = {word}};
    return {.more = {word + "a", word + "b"}};
}
Expansion<int, std::vector<double>> large(int level) {
    std::vector<double> value(50'000, level);
    if (level == 0) return {.results = {std::move(value)}};
    return {.results = {std::move(value)}, .more = {level - 1, level - 1}};
}
Expansion<std::vector<double>, std::size_t> large_items(std::vector<double> const& item) {
    if (item.size() > 200'000) return {.results = {item.size()}};
    return {.more = {std::vector<double>(item.size() * 2), std::vector<double>(item.size() * 3)}};
}
Expansion<long, long> nothing_at_all(long /*x*/) {
    return {};
}

template <class Range>
auto sorted(Range range) {
    std::vector<typename Range::Iterator::value_type> all;
    for (auto& value : range) all.push_back(std::move(value));
    std::sort(all.begin(), all.end());
    return all;
}

TEST(Expand, gives_every_result_once) {
    auto pool = context().pool();
    for (MapOptions const& options : {MapOptions{}, MapOptions{.chunksize = 8}, MapOptions{.window = 1}}) {
        EXPECT_EQ(sorted(pool.expand<halve>({std::pair{0L, 999L}}, options)), numbers(1000));
    }
    EXPECT_EQ(
        sorted(pool.expand(task::Function<halve>{}, std::vector{std::pair{0L, 49L}, std::pair{50L, 99L}})),
        numbers(100));
    EXPECT_THAT(sorted(pool.expand<words>({std::string{"a"}, std::string{"b"}})),
                ElementsAre("aaa", "aab", "aba", "abb", "baa", "bab", "bba", "bbb"));
    EXPECT_THAT(sorted(pool.expand(
                    [](long x) {
                        return Expansion<long, long>{.results = {x, x}};
                    },
                    {1L, 2L})),
                ElementsAre(1, 1, 2, 2));
}

TEST(Expand, of_nothing_is_empty) {
    auto pool = context().pool();
    EXPECT_TRUE(sorted(pool.expand<down_to_zero>(std::vector<long>{})).empty());
    EXPECT_TRUE(sorted(pool.expand<nothing_at_all>({1L, 2L, 3L})).empty());
}

TEST(Expand, an_error_is_thrown_in_its_place_and_the_rest_goes_on) {
    auto pool = context().pool();
    auto range = pool.expand<down_to_zero>({15L, 5L});
    std::vector<long> got;
    int errors = 0;
    while (true) {
        try {
            auto const next = range.next();
            if (!next) break;
            got.push_back(next.value());
        } catch (RemoteError const& error) {
            EXPECT_EQ(error.message(), "thirteen");
            ++errors;
        }
    }
    EXPECT_EQ(errors, 1);
    std::sort(got.begin(), got.end());
    EXPECT_THAT(got, ElementsAre(0, 1, 2, 3, 4, 5, 14, 15));
}

TEST(Expand, items_and_results_may_be_large) {
    auto pool = context().pool();
    std::size_t results = 0;
    for (auto const& value : pool.expand<large>({3})) results += value.size() / 50'000;
    EXPECT_EQ(results, 15U);
    auto const sizes = sorted(pool.expand<large_items>({std::vector<double>(50'000)}));
    EXPECT_EQ(sizes.size(), 5U);
}

TEST(Expand, is_ended_by_letting_go_and_finished_by_join) {
    auto pool = context().pool();
    {
        auto range = pool.expand<halve>({std::pair{0L, 1'000'000L}});
        EXPECT_TRUE(range.next());
    }
    EXPECT_EQ(pool.map<square>(numbers(10)), squares(10));
    auto range = pool.expand<halve>({std::pair{0L, 499L}});
    pool.close();
    pool.join();
    EXPECT_EQ(sorted(std::move(range)), numbers(500));
}

TEST(Expand, other_calls_go_on_beside_it) {
    auto pool = context().pool();
    auto range = pool.expand<halve>({std::pair{0L, 300L}});
    auto const list = pool.map_async<square>(numbers(100));
    EXPECT_TRUE(range.next());
    EXPECT_EQ(list.get(), squares(100));
    EXPECT_EQ(pool.apply<square>(4L), 16);
    EXPECT_EQ(sorted(std::move(range)).size(), 300U);
}

TEST(Expand, cannot_be_cut_into_blocks) {
    auto pool = context().pool();
    EXPECT_THROW((void)pool.expand<halve>({std::pair{0L, 9L}}, {.schedule = Schedule::fixed}), UsageError);
}

std::pair<std::string, std::string> surroundings(std::string const& name) {
    char const* const value = std::getenv(name.c_str());
    char directory[4096];
    return {value ? value : "(none)", ::getcwd(directory, sizeof directory)};
}
void tell(Queue<std::pair<std::string, std::string>> queue, std::string const& name) {
    queue.put(surroundings(name));
}

TEST(Surroundings, of_a_pool_and_a_process_are_what_their_options_say) {
    ::setenv("RP_TEST_BOTH", "maker", 1);
    ::setenv("RP_TEST_MAKER", "maker", 1);
    auto pool =
        context().pool({.environment = {{"RP_TEST_BOTH", "pool"}, {"RP_TEST_OWN", "a=b"}}, .cwd = "/usr"});
    using testing::Pair;
    EXPECT_THAT(pool.apply<surroundings>("RP_TEST_BOTH"), Pair("pool", "/usr"));
    EXPECT_THAT(pool.apply<surroundings>("RP_TEST_OWN"), Pair("a=b", "/usr"));
    EXPECT_THAT(pool.apply<surroundings>("RP_TEST_MAKER"), Pair("maker", "/usr"));
    EXPECT_EQ(std::getenv("RP_TEST_OWN"), nullptr);
    auto queue = context().queue<std::pair<std::string, std::string>>();
    auto process = context().process<tell>({.environment = {{"RP_TEST_BOTH", "process"}}, .cwd = "/"}, queue,
                                           "RP_TEST_BOTH");
    process.start();
    process.join();
    EXPECT_THAT(queue.get(), Pair("process", "/"));
    ::unsetenv("RP_TEST_BOTH");
    ::unsetenv("RP_TEST_MAKER");
}

TEST(Surroundings, that_cannot_be_are_refused) {
    for (std::string const& name : {std::string{}, std::string{"A=B"}, std::string("A\0B", 3)}) {
        EXPECT_THROW((void)context().pool({.environment = {{name, "x"}}}), UsageError) << name;
    }
    auto pool = context().pool({.cwd = "/no/such/directory"});
    EXPECT_THROW((void)pool.apply<square>(2L), Error);
    auto process = context().process<tell>({.environment = {{"A=B", "x"}}},
                                           context().queue<std::pair<std::string, std::string>>(), "A");
    EXPECT_THROW(process.start(), UsageError);
    EXPECT_FALSE(process.is_alive());
}

}  // namespace
}  // namespace rankpool
