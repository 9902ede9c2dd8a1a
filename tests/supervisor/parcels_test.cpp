// SPDX-License-Identifier: MIT
#include "rankpool/rank/parcels.hpp"

#include "rankpool/protocol/messages.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

namespace rankpool::supervisor {
namespace {

using Bytes = std::vector<std::byte>;

/// The record of a task: its number and filling, or for every seventh no value at all.
Bytes record(std::uint64_t task) {
    bool const is_empty = task % 7 == 3;
    auto const length = is_empty ? link::no_value : static_cast<std::uint32_t>(sizeof task + task % 5);
    Bytes bytes(sizeof length + (is_empty ? 0 : length), std::byte{static_cast<unsigned char>(task)});
    std::memcpy(bytes.data(), &length, sizeof length);
    if (!is_empty) std::memcpy(bytes.data() + sizeof length, &task, sizeof task);
    return bytes;
}

Bytes records(std::uint64_t first, std::uint64_t count) {
    Bytes all;
    for (std::uint64_t task = first; task < first + count; ++task) {
        Bytes const one = record(task);
        all.insert(all.end(), one.begin(), one.end());
    }
    return all;
}

/// So many that no parcel is joined with the next.
constexpr std::uint64_t many = 2000;

/// A slice of at least so many tasks, and not more than asked for.
void expect_at_least(Parcels& parcels, std::uint64_t first, std::uint64_t count, std::uint64_t least) {
    auto const slice = parcels.slice(first, count);
    ASSERT_GE(slice.count, least) << first;
    ASSERT_LE(slice.count, count) << first;
    Bytes const bytes = records(first, slice.count);
    ASSERT_EQ(Bytes(slice.records.begin(), slice.records.end()), bytes) << first;
}

void expect_slice(Parcels& parcels, std::uint64_t first, std::uint64_t count, std::uint64_t expected) {
    expect_at_least(parcels, first, count, expected);
    ASSERT_EQ(parcels.slice(first, count).count, expected) << first;
}

TEST(ParcelsTest, are_sliced_anywhere_but_not_across) {
    Parcels parcels;
    parcels.add(many, records(0, many));
    parcels.add(5, records(many, 5));
    expect_slice(parcels, 0, 3, 3);
    expect_slice(parcels, many - 3, 100, 3);
    expect_slice(parcels, many + 2, 3, 3);
    // Back again, for a task that has lost its worker.
    expect_slice(parcels, 4, 2, 2);
    expect_slice(parcels, many - 1, 9, 1);
}

TEST(ParcelsTest, nothing_is_read_beyond_records_that_say_they_are_longer) {
    for (std::uint32_t const length : {0xfffffffeU, 1000U, 17U}) {
        for (std::size_t const cut : {std::size_t{0}, std::size_t{3}}) {
            Bytes damaged = records(0, 3);
            std::memcpy(damaged.data() + record(0).size(), &length, sizeof length);
            damaged.resize(damaged.size() - cut);
            Parcels parcels;
            parcels.add(3, damaged);
            for (std::uint64_t first = 0; first < 3; ++first) {
                auto const slice = parcels.slice(first, 3 - first);
                EXPECT_EQ(slice.count, 3 - first);
                EXPECT_LE(slice.records.size(), damaged.size());
            }
        }
    }
}

TEST(ParcelsTest, small_ones_are_joined) {
    Parcels parcels;
    parcels.add(10, records(0, 10));
    parcels.add(5, records(10, 5));
    expect_slice(parcels, 0, 3, 3);
    expect_slice(parcels, 3, 4, 4);
    expect_slice(parcels, 7, 100, 8);
    expect_slice(parcels, 10, 1, 1);
    expect_slice(parcels, 12, 3, 3);
    // Back again, for a task that has lost its worker.
    expect_slice(parcels, 4, 2, 2);
    expect_slice(parcels, 0, 10, 10);
    expect_slice(parcels, 9, 9, 6);
}

TEST(ParcelsTest, give_any_slice_in_any_order) {
    Parcels parcels;
    std::mt19937 random{3};
    std::vector<std::uint64_t> ends;
    std::uint64_t total = 0;
    while (total < 2000) {
        std::uint64_t const count = 1 + random() % 90;
        parcels.add(count, records(total, count));
        total += count;
        ends.push_back(total);
    }
    for (int i = 0; i < 3000; ++i) {
        std::uint64_t const first = random() % total;
        std::uint64_t const count = 1 + random() % 120;
        std::uint64_t const end = *std::upper_bound(ends.begin(), ends.end(), first);
        expect_at_least(parcels, first, count, std::min(count, end - first));
    }
}

TEST(ParcelsTest, know_tasks_whose_owner_has_the_value) {
    Parcels parcels;
    parcels.add(2, records(0, 2));
    parcels.add(1, {});
    parcels.add(1, records(3, 1));
    EXPECT_TRUE(parcels.slice(2, 5).records.empty());
    EXPECT_EQ(parcels.slice(2, 5).count, 1U);
    expect_slice(parcels, 3, 1, 1);
}

TEST(ParcelsTest, are_dropped_when_all_their_tasks_are_done) {
    Parcels parcels;
    parcels.add(many, records(0, many));
    parcels.add(many, records(many, many));
    EXPECT_EQ(parcels.drop_below(many - 1), 0U);
    EXPECT_EQ(parcels.drop_below(many), records(0, many).size());
    EXPECT_EQ(parcels.drop_below(2 * many - 1), 0U);
    expect_slice(parcels, many + 1, 2, 2);
    EXPECT_EQ(parcels.drop_below(2 * many), records(many, many).size());
    EXPECT_EQ(parcels.drop_below(2 * many), 0U);
    parcels.add(2, records(2 * many, 2));
    expect_slice(parcels, 2 * many, 2, 2);
}

}  // namespace
}  // namespace rankpool::supervisor
