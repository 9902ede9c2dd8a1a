// SPDX-License-Identifier: MIT
#include "rankpool/task/reduction_tree.hpp"

#include "tests/task/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

namespace rankpool::task::testing {
namespace {

std::string letter(std::uint64_t i) {
    return std::string(1, static_cast<char>('a' + i % 26));
}
/// Shows in its result in which order and grouping it was applied.
std::string pair(std::string const& left, std::string const& right) {
    return "(" + left + right + ")";
}
double add(double a, double b) {
    return a + b;
}

using Pair = Function<pair>;
using Letters = ReduceTask<Function<letter>, Pair, std::uint64_t>;

std::string in_order(std::uint64_t n) {
    ReductionTree<std::string, Pair> tree;
    for (std::uint64_t i = 0; i < n; ++i) tree.add(0, i, letter(i));
    return tree.finish().value_or("nothing");
}

TEST(ReductionTreeTest, groups_by_index) {
    EXPECT_EQ(in_order(0), "nothing");
    EXPECT_EQ(in_order(1), "a");
    EXPECT_EQ(in_order(3), "((ab)c)");
    EXPECT_EQ(in_order(4), "((ab)(cd))");
    EXPECT_EQ(in_order(7), "(((ab)(cd))((ef)g))");
}

TEST(ReductionTreeTest, the_order_of_arrival_does_not_matter) {
    std::mt19937 engine{1};
    for (std::uint64_t n = 1; n < 70; ++n) {
        std::vector<std::uint64_t> indices(n);
        for (std::uint64_t i = 0; i < n; ++i) indices[i] = i;
        std::shuffle(indices.begin(), indices.end(), engine);
        ReductionTree<std::string, Pair> tree;
        for (std::uint64_t const i : indices) tree.add(0, i, letter(i));
        EXPECT_EQ(tree.finish(), in_order(n));
        EXPECT_EQ(tree.finish(), std::nullopt);
    }
}

/// Cuts [0, n) into batches at random.
std::vector<std::pair<std::uint64_t, std::uint64_t>> random_batches(std::uint64_t n, std::mt19937& engine) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> batches;
    for (std::uint64_t begin = 0; begin < n;) {
        std::uint64_t const end = std::min(n, begin + 1 + engine() % 20);
        batches.emplace_back(begin, end);
        begin = end;
    }
    std::shuffle(batches.begin(), batches.end(), engine);
    return batches;
}

std::string in_batches(std::uint64_t n, std::mt19937& engine) {
    wire::BufferSink bound;
    Letters::encode_callable(bound, {}, {});
    wire::Source bound_source{bound.bytes()};
    auto const program = load(Letters::id(), bound_source);

    Letters::Tree tree;
    for (auto const& [begin, end] : random_batches(n, engine)) {
        wire::BufferSink nodes;
        for (std::uint64_t i = begin; i < end; ++i) {
            wire::BufferSink sent;
            Letters::encode_arguments(sent, i);
            wire::Source arguments{sent.bytes()};
            program->at(i);
            program->run(arguments, nodes);
        }
        program->flush(nodes);
        wire::Source source{nodes.bytes()};
        tree.decode(source);
        EXPECT_EQ(source.remaining(), 0U);
    }
    return tree.finish().value();
}

TEST(ReductionTreeTest, the_split_into_batches_does_not_matter) {
    std::mt19937 engine{2};
    for (std::uint64_t n = 1; n < 200; n += 3) EXPECT_EQ(in_batches(n, engine), in_order(n));
}

TEST(ReductionTreeTest, a_flush_that_did_not_fit_can_be_repeated) {
    wire::Source nothing{{}};
    auto const program = Letters::load(nothing);
    wire::BufferSink sent;
    Letters::encode_arguments(sent, std::uint64_t{0});
    wire::Source arguments{sent.bytes()};
    wire::BufferSink small{10};
    program->at(0);
    program->run(arguments, small);
    EXPECT_THROW(program->flush(small), wire::LimitReached);
    EXPECT_EQ(program->phase(), Program::Phase::result);
    wire::BufferSink large;
    program->flush(large);
    Letters::Tree tree;
    wire::Source source{large.bytes()};
    tree.decode(source);
    EXPECT_EQ(tree.finish(), "a");
}

TEST(ReductionTreeTest, of_a_source_that_ends_too_early_nothing_is_taken) {
    Letters::Tree sent;
    for (std::uint64_t const i : {2U, 3U, 4U, 6U}) sent.add(0, i, letter(i));
    wire::BufferSink whole;
    sent.encode(whole);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Letters::Tree tree;
        tree.add(0, 0, letter(0));
        tree.add(0, 1, letter(1));
        wire::Source part{whole.bytes().first(size)};
        EXPECT_THROW(tree.decode(part), SerializationError) << size;
        wire::Source again{whole.bytes()};
        tree.decode(again);
        tree.add(0, 5, letter(5));
        EXPECT_EQ(tree.finish(), in_order(7)) << size;
    }
}

TEST(ReductionTreeTest, a_part_that_is_missing_or_there_twice_is_told) {
    for (std::vector<std::uint64_t> const& indices :
         std::vector<std::vector<std::uint64_t>>{{1}, {3}, {0, 0}, {0, 2, 2}, {0, 1, 1}, {0, 1, 0}}) {
        Letters::Tree tree;
        for (std::uint64_t const i : indices) tree.add(0, i, letter(i));
        EXPECT_THROW((void)tree.finish(), Error) << indices.size();
    }
}

TEST(ReductionTreeTest, many_numbers_are_summed_exactly_alike) {
    std::mt19937 engine{3};
    std::vector<double> values(10000);
    for (double& value : values)
        value = std::ldexp(static_cast<double>(engine() % 1000), static_cast<int>(engine() % 60));
    auto const sum = [&](std::uint64_t step) {
        ReductionTree<double, Function<add>> tree;
        for (std::uint64_t first = 0; first < step; ++first) {
            for (std::uint64_t i = first; i < values.size(); i += step) tree.add(0, i, values[i]);
        }
        return tree.finish();
    };
    EXPECT_EQ(sum(1), sum(7));
    EXPECT_EQ(sum(1), sum(1000));
}

}  // namespace
}  // namespace rankpool::task::testing
