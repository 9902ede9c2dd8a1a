// SPDX-License-Identifier: MIT
#include "rankpool/rank/frame_rules.hpp"

#include "rankpool/protocol/messages.hpp"
#include "rankpool/protocol/process_messages.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

namespace rankpool::supervisor {
namespace {

using link::FrameKind;
using link::Nonsense;

constexpr Address worker{Rank{1}, Slot{3}, Generation{2}};
constexpr int ranks = 4;

bool passes(link::FrameHeader const& header) {
    try {
        require_workers_frame(header, worker, ranks);
        return true;
    } catch (Nonsense const&) {
        return false;
    }
}

link::FrameHeader frame(std::uint16_t kind, Address to) {
    auto header = link::header_of(static_cast<FrameKind>(kind), to, worker);
    header.size = 100;
    return header;
}

TEST(FrameRulesTest, each_kind_goes_where_its_reader_is) {
    Address const other{Rank{2}, Slot{0}, Generation{1}};
    std::set<std::uint16_t> to_worker;
    std::set<std::uint16_t> to_own;
    std::set<std::uint16_t> to_any;
    for (std::uint32_t kind = 0; kind <= 0xffffU; ++kind) {
        auto const number = static_cast<std::uint16_t>(kind);
        if (passes(frame(number, other))) to_worker.insert(number);
        if (passes(frame(number, link::supervisor_of(worker.rank)))) to_own.insert(number);
        if (passes(frame(number, link::supervisor_of(other.rank)))) to_any.insert(number);
    }
    EXPECT_EQ(to_worker.size(), 11U);
    EXPECT_EQ(to_any, (std::set{static_cast<std::uint16_t>(FrameKind::member_up),
                                static_cast<std::uint16_t>(FrameKind::member_unfit),
                                static_cast<std::uint16_t>(FrameKind::results)}));
    EXPECT_LE(*to_own.rbegin(), static_cast<std::uint16_t>(FrameKind::parent_gone));
    for (FrameKind const kind : {FrameKind::shutdown, FrameKind::rank_lost, FrameKind::heartbeat,
                                 FrameKind::members_start, FrameKind::member_down, FrameKind::welcome}) {
        EXPECT_FALSE(to_own.contains(static_cast<std::uint16_t>(kind)));
        EXPECT_FALSE(to_worker.contains(static_cast<std::uint16_t>(kind)));
    }
}

TEST(FrameRulesTest, nobody_speaks_in_anothers_name_or_to_nobody) {
    auto right = frame(static_cast<std::uint16_t>(FrameKind::part), {Rank{3}, Slot{0}, Generation{1}});
    ASSERT_TRUE(passes(right));
    for (int field = 0; field < 3; ++field) {
        auto wrong = right;
        if (field == 0) wrong.from.rank = Rank{0};
        if (field == 1) wrong.from.slot = Slot{4};
        if (field == 2) wrong.from.generation = Generation{3};
        EXPECT_FALSE(passes(wrong));
    }
    for (std::int32_t const rank : {-1, ranks, 1 << 30, std::numeric_limits<std::int32_t>::min()}) {
        auto wrong = right;
        wrong.to.rank = Rank{rank};
        EXPECT_FALSE(passes(wrong)) << rank;
    }
    right.to.slot = Slot{1U << 30U};
    EXPECT_FALSE(passes(right));
}

TEST(FrameRulesTest, what_goes_to_workers_is_no_shorter_than_its_kind) {
    std::map<FrameKind, std::size_t> const least{{FrameKind::input_wanted, sizeof(link::TaskRef)},
                                                 {FrameKind::result_offered, sizeof(link::TaskRef)},
                                                 {FrameKind::process_began, sizeof(link::ProcessNews)},
                                                 {FrameKind::arguments_wanted, sizeof(link::ProcessNews)},
                                                 {FrameKind::result_granted, sizeof(link::TaskRef)},
                                                 {FrameKind::part_lent, sizeof(link::Lent)},
                                                 {FrameKind::part_returned, sizeof(link::Amount)},
                                                 {FrameKind::acknowledged, sizeof(link::Amount)}};
    for (auto const& [kind, size] : least) {
        auto header = frame(static_cast<std::uint16_t>(kind), {Rank{2}, Slot{0}, Generation{1}});
        header.size = static_cast<std::uint32_t>(size);
        EXPECT_TRUE(passes(header));
        --header.size;
        EXPECT_FALSE(passes(header)) << static_cast<int>(kind);
    }
}

std::vector<std::byte> records(std::vector<std::uint32_t> const& lengths) {
    std::vector<std::byte> bytes;
    for (std::uint32_t const length : lengths) {
        auto const head = link::bytes_of(length);
        bytes.insert(bytes.end(), head.begin(), head.end());
        if (length != link::no_value) bytes.resize(bytes.size() + length);
    }
    return bytes;
}

TEST(FrameRulesTest, records_fill_their_frame) {
    auto const three = records({5, link::no_value, 0});
    EXPECT_NO_THROW(require_records(three, 3));
    EXPECT_NO_THROW(require_records({}, 0));
    EXPECT_THROW(require_records(three, 2), Nonsense);
    EXPECT_THROW(require_records(three, 4), Nonsense);
    EXPECT_NO_THROW(require_records(three, 4, true));
    EXPECT_THROW(require_records({}, 1), Nonsense);
    for (std::size_t cut = 1; cut < three.size(); ++cut) {
        EXPECT_THROW(require_records(std::span{three}.first(cut), 3), Nonsense) << cut;
    }
    auto long_one = records({4});
    std::uint32_t const length = 0x80000000U;
    std::memcpy(long_one.data(), &length, sizeof length);
    EXPECT_THROW(require_records(long_one, 1), Nonsense);
}

}  // namespace
}  // namespace rankpool::supervisor
