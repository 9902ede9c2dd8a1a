// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/input_text.hpp"

#include "rankpool/batch/session/measured.hpp"
#include "rankpool/core/utf8.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace rankpool::batch {
namespace {

TEST(InputTextTest, is_one_printable_line) {
    std::vector<Column> const columns{{"label", ColumnType::text}, {"number", ColumnType::integer}};
    std::vector<Value> const values{std::string{"a\x1b[2J\nb\xf6"}, std::int64_t{17}};
    EXPECT_EQ(input_text(columns, values, 100), R"(label=a\x1b[2J\nb\xf6, number=17)");
}

TEST(InputTextTest, a_long_text_keeps_its_ends_and_says_what_is_missing) {
    std::string const text = "begin" + std::string(100'000, 'x') + "end";
    auto const cut = bounded_text(text, 1000);
    EXPECT_LT(cut.size(), 1100U);
    EXPECT_TRUE(cut.starts_with("beginx"));
    EXPECT_TRUE(cut.ends_with("xend"));
    EXPECT_NE(cut.find("(99008 of 100008 bytes left out)"), std::string::npos) << cut;
    EXPECT_EQ(bounded_text("short", 5), "short");
}

TEST(InputTextTest, an_error_is_bounded_where_it_is_caught) {
    try {
        throw std::runtime_error("begin" + std::string(2'000'000, 'x') + "end");
    } catch (...) {
        auto const text = detail::text_of_current_exception();
        EXPECT_LT(text.size(), 9000U);
        EXPECT_TRUE(text.starts_with("std::runtime_error: begin"));
        EXPECT_TRUE(text.ends_with("end"));
    }
}

TEST(InputTextTest, no_character_is_cut_in_two) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "\u20ac";
    for (std::size_t longest = 90; longest < 100; ++longest) {
        EXPECT_TRUE(is_utf8(bounded_text(text, longest)));
        EXPECT_TRUE(is_utf8(shortened(text, longest)));
    }
}

}  // namespace
}  // namespace rankpool::batch
