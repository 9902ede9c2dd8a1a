// SPDX-License-Identifier: MIT
#include "rankpool/batch/text/quantity.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <initializer_list>
#include <random>
#include <string>
#include <utility>

namespace {

using namespace rankpool::batch;
using namespace std::chrono_literals;
using testing::Optional;

struct Written {
    char const* text;
    std::optional<double> value;
};

TEST(QuantityTest, durations) {
    for (auto const& [text, seconds] : std::initializer_list<Written>{
             {"90", 90},
             {"0", 0},
             {"1.5", 1.5},
             {"90s", 90},
             {"0.5s", 0.5},
             {"1h30m", 5400},
             {"1h30min", 5400},
             {"1.5h", 5400},
             {"2d1min250ms", 2 * 86400 + 60.25},
             {"1d2h3m4s5ms", 93784.005},
             // As Slurm writes times.
             {"1:30", 90},
             {"0:05", 5},
             {"90:00", 5400},
             {"1:30:00", 5400},
             {"48:00:00", 172800},
             {"2-0", 172800},
             {"2-12", 216000},
             {"2-12:30", 217800},
             {"2-00:00:00", 172800},
             {"0-00:00:01", 1},
         }) {
        auto const duration = parse_duration(text);
        ASSERT_TRUE(duration) << text;
        EXPECT_DOUBLE_EQ(std::chrono::duration<double>{*duration}.count(), *seconds) << text;
    }
}

TEST(QuantityTest, what_is_no_duration_or_says_two_things) {
    for (std::string const text : {"",
                                   "s",
                                   "1x",
                                   "1h30x",
                                   "-1s",
                                   "1 s",
                                   "nan",
                                   "inf",
                                   "1e99s",
                                   "0x10",
                                   "1h30",
                                   "0m2",
                                   "1m1h",
                                   "1s1s",
                                   "1m2min",
                                   "1ms2s",
                                   "h",
                                   "1.2.3",
                                   "1.2.3s",
                                   "1..2s",
                                   "+1s",
                                   "1,5s",
                                   "1S",
                                   "1s ",
                                   " 1s",
                                   "1\n",
                                   "1:",
                                   ":1",
                                   "1:60",
                                   "1:60:00",
                                   "1:00:60",
                                   "1:2:3:4",
                                   "2-",
                                   "-2",
                                   "2-24",
                                   "2-00:60",
                                   "1.5:00",
                                   "1:30s",
                                   "2-1h",
                                   "1--2",
                                   "2-12:00:00:00",
                                   "1:-3",
                                   "1h:30",
                                   "99999999999",
                                   "1e9d",
                                   "9999999-0",
                                   "--",
                                   ":",
                                   "1:3 0",
                                   "\xd9\xa1s"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_duration(std::string{"1\0s", 3}), std::nullopt);
}

TEST(QuantityTest, a_duration_in_any_units_is_their_sum) {
    std::mt19937 engine{7};
    constexpr std::array<std::pair<char const*, int>, 4> units{
        {{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}};
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        long total = 0;
        for (auto const& [unit, seconds] : units) {
            if (engine() % 2 == 0) continue;
            auto const number = static_cast<long>(engine() % 1000);
            text += std::to_string(number) + unit;
            total += number * seconds;
        }
        if (text.empty()) continue;
        EXPECT_THAT(parse_duration(text), Optional(std::chrono::seconds{total})) << text;
        EXPECT_EQ(parse_duration(text + "30"), std::nullopt) << text;
        std::array<char, 64> clock{};
        std::snprintf(clock.data(), clock.size(), "%ld-%02ld:%02ld:%02ld", total / 86400, total / 3600 % 24,
                      total / 60 % 60, total % 60);
        EXPECT_THAT(parse_duration(clock.data()), Optional(std::chrono::seconds{total})) << clock.data();
    }
}

TEST(QuantityTest, sizes) {
    EXPECT_THAT(parse_size("4096"), Optional(4096U));
    EXPECT_THAT(parse_size("4096B"), Optional(4096U));
    EXPECT_THAT(parse_size("4096b"), Optional(4096U));
    EXPECT_THAT(parse_size("1.5GiB"), Optional(1610612736U));
    std::uint64_t bytes = 4;
    for (char const letter : std::string{"KMGTP"}) {
        bytes *= 1024;
        for (std::string const suffix : {"", "B", "b", "i", "iB", "ib", "IB", "I"}) {
            std::string const upper = std::string{"4"} + letter + suffix;
            std::string const lower = std::string{"4"} + static_cast<char>(std::tolower(letter)) + suffix;
            EXPECT_THAT(parse_size(upper), Optional(bytes)) << upper;
            EXPECT_THAT(parse_size(lower), Optional(bytes)) << lower;
        }
    }
    for (auto const* text : {"", "M", "2X", "2MM", "-1", "2MiBB", "1e30", "2Bi", "2iB", "2 M", "2M ", "2bM",
                             "4gg", "4g4m", "1:30", "9999999P"})
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
