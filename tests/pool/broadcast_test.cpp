// SPDX-License-Identifier: MIT
#include "tests/pool/support.hpp"

#include <boost/serialization/split_member.hpp>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace rankpool {
namespace {

using namespace support;

/// The letter that all of a text consists of, or '!'.
char letter_of(std::string const& text) {
    bool const is_one = text.find_first_not_of(text.front()) == std::string::npos;
    return is_one ? text.front() : '!';
}
char letter(Shared<std::string> const& text) {
    return letter_of(*text);
}
char bound(std::string const& text, long /*ignored*/) {
    return letter_of(text);
}
std::size_t length(Shared<std::string> const& text) {
    return text->size();
}

constexpr std::size_t large = 1'500'000;

void broadcast_often(Queue<std::string> out, char mine, bool by_partial) {
    auto pool = context().pool(1);
    std::string got;
    for (int i = 0; i < 5; ++i) {
        std::string value(large + static_cast<std::size_t>(i) * 1000, mine);
        if (by_partial) {
            got += pool.map(partial<bound>(value), numbers(1)).front();
        } else {
            auto const shared = pool.broadcast(std::move(value));
            got += pool.apply<letter>(shared);
        }
    }
    out.put(got);
}

TEST(BroadcastTest, processes_of_one_rank_do_not_get_into_each_others_values) {
    for (bool const by_partial : {false, true}) {
        auto out = context().queue<std::string>();
        std::vector<Process> all;
        for (char const mine : {'a', 'b', 'c'}) {
            all.push_back(context().process<broadcast_often>({.rank = 0}, out, mine, by_partial));
            all.back().start();
        }
        std::set<std::string> got;
        for (std::size_t i = 0; i < all.size(); ++i) got.insert(out.get());
        for (auto& process : all) process.join();
        EXPECT_EQ(got, (std::set<std::string>{"aaaaa", "bbbbb", "ccccc"}));
    }
}

TEST(BroadcastTest, of_thousands_none_gets_anothers_place) {
    auto pool = context().pool(2);
    auto const kept = pool.broadcast(std::string(100, 'm'));
    // As many as a count of 16 bits tells apart, and as a rank has descriptors.
    int const steps = context().size() == 1 ? 66'000 : 5'000;
    for (int i = 0; i < steps; ++i) {
        auto const mine = pool.broadcast(std::string(7, 'p'));
        if (i % 2000 != 0) continue;
        ASSERT_EQ(pool.apply<length>(mine), 7U) << i;
    }
    EXPECT_EQ(pool.apply<length>(kept), 100U);
}

TEST(BroadcastTest, the_pools_of_a_process_are_told_apart_beyond_a_count_of_16_bits) {
    // The ids alone: that many pools would take minutes.
    EXPECT_GT(sizeof(PoolId), 4U);
    EXPECT_NE(link::blob_pool, link::channel_pool);
    EXPECT_NE(link::process_pool, link::channel_pool);
}

/// Writes another length at each time.
struct Unsteady {
    long step = 0;

    template <class Archive>
    void save(Archive& archive, unsigned int /*version*/) const {
        static int saves = 0;
        long const length = 1000 + step * (++saves % 2);
        archive << length;
        for (long i = 0; i < length; ++i) archive << i;
    }
    template <class Archive>
    void load(Archive& /*archive*/, unsigned int /*version*/) {}
    BOOST_SERIALIZATION_SPLIT_MEMBER()
};

TEST(BroadcastTest, a_value_of_two_lengths_is_an_error_of_its_owner) {
    auto pool = context().pool(2);
    for (long const step : {1L, -1L, 100'000L, -999L}) {
        EXPECT_TRUE(thrown<SerializationError>([&] { (void)pool.broadcast(Unsteady{step}); })) << step;
        auto const good = pool.broadcast(std::string(9, 'x'));
        EXPECT_EQ(pool.apply<length>(good), 9U);
    }
}

TEST(BroadcastTest, nothing_but_the_end_of_the_owner_ends_a_value) {
    auto pool = context().pool(2);
    std::vector<Shared<std::string>> all;
    for (char c = 'a'; c <= 'z'; ++c) all.push_back(pool.broadcast(std::string(300'000, c)));
    for (auto const& shared : all) EXPECT_EQ(pool.apply<letter>(shared), shared->front());
}

}  // namespace
}  // namespace rankpool
