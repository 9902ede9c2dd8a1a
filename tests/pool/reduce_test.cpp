// SPDX-License-Identifier: MIT
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <ranges>

namespace rankpool {
namespace {

using namespace support;

double root(long x) {
    return std::sqrt(static_cast<double>(x)) * 1e-3 + 1 / (1 + static_cast<double>(x));
}
double add(double a, double b) {
    return a + b;
}
long add_long(long a, long b) {
    return a + b;
}
std::string letter(long x) {
    return std::string(1, static_cast<char>('a' + x % 26));
}
std::string join(std::string a, std::string const& b) {
    return a + b;
}

/// The tree that map_reduce promises, from its definition: pairs of neighbours, pairs of pairs, ...
double by_tree(std::vector<double> values) {
    while (values.size() > 1) {
        std::vector<double> next;
        for (std::size_t i = 0; i + 1 < values.size(); i += 2) next.push_back(values[i] + values[i + 1]);
        if (values.size() % 2 == 1) next.push_back(values.back());
        values = next;
    }
    return values.front();
}

TEST(PoolReduce, gives_the_bits_of_the_tree_for_any_number_of_workers) {
    for (long const workers : {1, 2, 5}) {
        auto pool = context().pool(workers);
        for (long const n : {1, 2, 3, 100, 1001, 50'000}) {
            std::vector<double> values;
            for (long x = 0; x < n; ++x) values.push_back(root(x));
            double const expected = add(0.25, by_tree(values));
            for (std::size_t const chunksize : std::vector<std::size_t>{0, 7}) {
                double const sum = pool.map_reduce<root, add>(numbers(n), 0.25, {.chunksize = chunksize});
                EXPECT_EQ(std::bit_cast<std::uint64_t>(sum), std::bit_cast<std::uint64_t>(expected))
                    << workers << ' ' << n << ' ' << sum - expected;
            }
        }
    }
}

TEST(PoolReduce, keeps_the_order_of_the_values) {
    auto pool = context().pool();
    std::string expected = ">";
    for (long x = 0; x < 1000; ++x) expected += letter(x);
    EXPECT_EQ((pool.map_reduce<letter, join>(numbers(1000), std::string{">"})), expected);
}

TEST(PoolReduce, of_nothing_is_the_start) {
    auto pool = context().pool();
    EXPECT_EQ((pool.map_reduce<square, add_long>(std::vector<long>{}, 7L)), 7);
    EXPECT_EQ((pool.map_reduce<square, add_long>({3L}, 7L)), 16);
}

TEST(PoolReduce, throws_the_failure_of_the_lowest_input) {
    auto pool = context().pool();
    auto const task = [](long x) {
        if (x >= 40) throw std::range_error("from " + std::to_string(x));
        return x;
    };
    auto const plus = [](long a, long b) { return a + b; };
    auto const error = thrown<RemoteError>([&] { pool.map_reduce(task, plus, numbers(200), 0L); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->input_index(), 40U);
    EXPECT_EQ(error->message(), "from 40");
    EXPECT_EQ(pool.map_reduce([](long x) { return x; }, plus, numbers(200), 0L), 19'900);
}

TEST(PoolReduce, survives_the_loss_of_a_worker) {
    auto pool = context().pool();
    Tally deaths;
    auto const die_once = [](std::string const& name, long x) {
        if (x == 77 && Tally::count(name) == 0) {
            Tally::add(name);
            ::kill(::getpid(), SIGKILL);
        }
        return x;
    };
    auto const plus = [](long a, long b) { return a + b; };
    EXPECT_EQ(pool.map_reduce(partial(die_once, deaths.name()), plus, numbers(1000), 0L), 499'500);
    EXPECT_EQ(deaths.count(), 1);
}

TEST(PoolReduce, of_large_values) {
    auto pool = context().pool();
    auto const fill = [](long x) { return std::vector<long>(100'000, x); };
    auto const plus = [](std::vector<long> a, std::vector<long> const& b) {
        for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
        return a;
    };
    EXPECT_EQ(pool.map_reduce(fill, plus, numbers(30), std::vector<long>(100'000, 1)),
              std::vector<long>(100'000, 436));
}

}  // namespace
}  // namespace rankpool
