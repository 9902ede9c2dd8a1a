// SPDX-License-Identifier: MIT
#include "jobs/parts/number_list.hpp"

#include <gmock/gmock.h>

namespace {

using jobs::parse_numbers;
using testing::ElementsAre;
using testing::Optional;

TEST(NumberListTest, numbers_ranges_and_both) {
    EXPECT_THAT(parse_numbers("28"), Optional(ElementsAre(28)));
    EXPECT_THAT(parse_numbers("1,2.5,-3e1"), Optional(ElementsAre(1, 2.5, -30)));
    EXPECT_THAT(parse_numbers("1:4"), Optional(ElementsAre(1, 2, 3, 4)));
    EXPECT_THAT(parse_numbers("4:1:-1.5"), Optional(ElementsAre(4, 2.5, 1)));
    EXPECT_THAT(parse_numbers("5,0:1:0.5"), Optional(ElementsAre(5, 0, 0.5, 1)));
    EXPECT_THAT(parse_numbers("3:3"), Optional(ElementsAre(3)));
}

TEST(NumberListTest, signs_and_blanks) {
    EXPECT_THAT(parse_numbers(" 28 "), Optional(ElementsAre(28)));
    EXPECT_THAT(parse_numbers("+28,\t-1 , 2"), Optional(ElementsAre(28, -1, 2)));
    EXPECT_THAT(parse_numbers("0 : 1 : +0.5"), Optional(ElementsAre(0, 0.5, 1)));
    for (auto const* text :
         {"+", "+-1", "++1", "-+1", "+ 1", "", " ", "1 2", "0x10", "1,5", "1e400", "nan", "+inf"}) {
        EXPECT_FALSE(jobs::parse_number(text)) << text;
    }
}

TEST(NumberListTest, rounding_does_not_lose_the_last) {
    EXPECT_EQ(parse_numbers("0:1:0.1").value().size(), 11U);
    EXPECT_EQ(parse_numbers("0:200:0.5").value().size(), 401U);
}

TEST(NumberListTest, what_is_none) {
    for (auto const* text :
         {"", "a", "1,", ",1", "1:", "1:2:3:4", "1:2:0", "2:1", "0:1:-1", "nan", "inf", "0:1e9", "1 2"}) {
        EXPECT_FALSE(parse_numbers(text)) << text;
    }
}

}  // namespace
