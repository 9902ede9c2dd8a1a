// SPDX-License-Identifier: MIT
#include "rankpool/task/random_stream.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace rankpool {
namespace {

static_assert(std::uniform_random_bit_generator<RandomStream>);

// From kat_vectors of Random123: philox4x32 with 10 rounds.
TEST(RandomStreamTest, gives_the_published_numbers) {
    EXPECT_EQ(RandomStream::block(0, 0, 0),
              (RandomStream::Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    EXPECT_EQ(RandomStream::block(~0ULL, ~0ULL, ~0ULL),
              (RandomStream::Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    EXPECT_EQ(RandomStream::block(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88),
              (RandomStream::Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStreamTest, a_stream_is_its_blocks_one_after_the_other) {
    RandomStream stream = random_stream(7, 3);
    for (std::uint64_t number = 0; number < 3; ++number) {
        auto const block = RandomStream::block(7, 3, number);
        EXPECT_EQ(stream(), block[0] | std::uint64_t{block[1]} << 32);
        EXPECT_EQ(stream(), block[2] | std::uint64_t{block[3]} << 32);
    }
}

TEST(RandomStreamTest, streams_of_other_seeds_and_indices_differ) {
    EXPECT_NE(random_stream(1, 2)(), random_stream(2, 1)());
    EXPECT_NE(random_stream(1, 2)(), random_stream(1, 3)());
    EXPECT_EQ(random_stream(1, 2)(), random_stream(1, 2)());
}

TEST(RandomStreamTest, works_with_the_standard_distributions) {
    RandomStream stream = random_stream(1, 1);
    std::uniform_real_distribution<double> uniform;
    double sum = 0;
    for (int i = 0; i < 100000; ++i) sum += uniform(stream);
    EXPECT_NEAR(sum / 100000, 0.5, 4 / std::sqrt(12 * 100000.0));
}

}  // namespace
}  // namespace rankpool
