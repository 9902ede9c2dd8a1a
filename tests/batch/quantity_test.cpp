// SPDX-License-Identifier: MIT
#include "rankpool/batch/quantity.hpp"

#include <gmock/gmock.h>

namespace {

using namespace rankpool::batch;
using namespace std::chrono_literals;
using testing::Optional;

TEST(QuantityTest, durations) {
    EXPECT_THAT(parse_duration("90"), Optional(90s));
    EXPECT_THAT(parse_duration("90s"), Optional(90s));
    EXPECT_THAT(parse_duration("1h30m"), Optional(90min));
    EXPECT_THAT(parse_duration("1.5h"), Optional(90min));
    EXPECT_THAT(parse_duration("2d1min250ms"), Optional(48h + 1min + 250ms));
    for (auto const* text : {"", "s", "1x", "1h30x", "-1s", "1 s", "nan", "inf", "1e99s", "0x10"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
}

TEST(QuantityTest, sizes) {
    EXPECT_THAT(parse_size("4096"), Optional(4096U));
    EXPECT_THAT(parse_size("1K"), Optional(1024U));
    EXPECT_THAT(parse_size("1.5GiB"), Optional(1610612736U));
    EXPECT_THAT(parse_size("2MB"), Optional(2097152U));
    for (auto const* text : {"", "M", "2X", "2MM", "-1", "2MiBB", "1e30"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(QuantityTest, shares) {
    EXPECT_EQ(parse_share("10").value().value, 10);
    EXPECT_FALSE(parse_share("10").value().is_percent);
    EXPECT_EQ(parse_share("2.5%").value().value, 2.5);
    EXPECT_TRUE(parse_share("0%").value().is_percent);
    for (auto const* text : {"", "%", "101%", "1.5", "-1", "1%%"}) EXPECT_FALSE(parse_share(text)) << text;
}

TEST(QuantityTest, for_people) {
    EXPECT_EQ(duration_text(0), "0 us");
    EXPECT_EQ(duration_text(40e-6), "40 us");
    EXPECT_EQ(duration_text(0.0081), "8.1 ms");
    EXPECT_EQ(duration_text(0.25), "250 ms");
    EXPECT_EQ(duration_text(2.04), "2.0 s");
    EXPECT_EQ(duration_text(200), "3:20 min");
    EXPECT_EQ(duration_text(18131), "5:02:11 h");
    EXPECT_EQ(amount_text(0.25, "/s"), "0.25 /s");
    EXPECT_EQ(amount_text(60'000, "/s"), "60 k/s");
    EXPECT_EQ(amount_text(999.4, ""), "999");
    EXPECT_EQ(amount_text(1163, ""), "1.16 k");
    EXPECT_EQ(amount_text(1.5e6, ""), "1.5 M");
    EXPECT_EQ(size_text(999), "999 B");
    EXPECT_EQ(size_text(1.25e9), "1.2 GB");
}

}  // namespace
