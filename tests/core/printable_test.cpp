// SPDX-License-Identifier: MIT
#include "rankpool/core/printable.hpp"

#include "rankpool/core/utf8.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace rankpool {
namespace {

using namespace std::string_literals;

/// The code points that do something to a terminal or to the text after them.
bool acts(char32_t code) {
    return code < 0x20 || code == 0x7f || (code >= 0x80 && code < 0xa0) || code == 0x61c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/// Written in the plainest way, to check the other against.
std::string encoded(char32_t code) {
    auto const rest = [&](unsigned shift) { return static_cast<char>(0x80U | ((code >> shift) & 0x3fU)); };
    if (code < 0x80) return {static_cast<char>(code)};
    if (code < 0x800) return {static_cast<char>(0xc0U | (code >> 6U)), rest(0)};
    if (code < 0x10000) return {static_cast<char>(0xe0U | (code >> 12U)), rest(6), rest(0)};
    return {static_cast<char>(0xf0U | (code >> 18U)), rest(12), rest(6), rest(0)};
}

TEST(Utf8Test, reads_every_code_point_and_no_surrogate) {
    for (char32_t code = 0; code < 0x200000; ++code) {
        auto const text = encoded(code);
        auto const [read, size] = first_character(text + "x");
        bool const is_one = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
        ASSERT_EQ(size, is_one ? text.size() : 0) << std::hex << static_cast<unsigned>(code);
        ASSERT_EQ(read, is_one ? code : 0) << std::hex << static_cast<unsigned>(code);
    }
}

TEST(Utf8Test, refuses_what_is_cut_off_overlong_or_no_beginning) {
    for (auto const& text :
         {"\xc3"s, "\xe2\x82"s, "\xf0\x9f\x98"s, "\xc0\x80"s, "\xc1\xbf"s, "\xe0\x9f\xbf"s,
          "\xf0\x8f\xbf\xbf"s, "\x80"s, "\xbf"s, "\xc3("s, "\xf8\x88\x80\x80\x80"s, "\xff"s}) {
        EXPECT_EQ(first_character(text).size, 0U) << printable(text);
        EXPECT_FALSE(is_utf8("before " + text));
    }
    EXPECT_EQ(first_character("").size, 0U);
    EXPECT_TRUE(is_utf8("Größe 5 €, 😀"));
    EXPECT_TRUE(is_utf8(""));
}

TEST(PrintableTest, shows_controls_and_bytes_as_escapes) {
    EXPECT_EQ(printable("a\x1b]0;PWNED\a\x1b[2J"), R"(a\x1b]0;PWNED\x07\x1b[2J)");
    EXPECT_EQ(printable("one\ntwo\r\n\tthree"), R"(one\ntwo\r\n\tthree)");
    EXPECT_EQ(printable("nul\0here"s), R"(nul\x00here)");
    EXPECT_EQ(printable("Gr\xf6\xdf"
                        "e"),
              R"(Gr\xf6\xdfe)");
    EXPECT_EQ(printable("\x9b"
                        "2J, \xc2\x9b"
                        "2J"),
              R"(\x9b2J, \u009b2J)");
    EXPECT_EQ(printable("exe.\u202etxt"), R"(exe.\u202etxt)");
    EXPECT_EQ(printable("cut \xe2\x82"), R"(cut \xe2\x82)");
    EXPECT_EQ(printable_lines("one\ntwo\r\n\tthree\x1b"), "one\ntwo\\r\n\tthree\\x1b");
}

TEST(PrintableTest, leaves_other_text_as_it_is) {
    for (char32_t code = 0; code <= 0x10ffff; ++code) {
        if (code >= 0xd800 && code <= 0xdfff) continue;
        auto const text = encoded(code);
        ASSERT_EQ(printable(text) == text, !acts(code)) << std::hex << static_cast<unsigned>(code);
    }
}

TEST(PrintableTest, whatever_the_bytes_are_nothing_acts) {
    std::mt19937 random{1};
    // Bytes that begin or go on with characters are more frequent than they would be by chance.
    std::vector<unsigned> const likely{0x1b, 0x0a, 0x7f, 0x80, 0x9b, 0xa0,
                                       0xc2, 0xe2, 0xed, 0xf0, 0xf4, 0xff};
    for (int round = 0; round < 20'000; ++round) {
        std::string text(random() % 12, '\0');
        for (char& letter : text) {
            letter = static_cast<char>(random() % 2 == 0 ? likely[random() % likely.size()] : random() % 256);
        }
        auto const shown = printable(text);
        std::string_view rest{shown};
        while (!rest.empty()) {
            auto const [code, size] = first_character(rest);
            ASSERT_GT(size, 0U);
            ASSERT_FALSE(acts(code));
            rest.remove_prefix(size);
        }
        ASSERT_EQ(printable(shown), shown);
    }
}

}  // namespace
}  // namespace rankpool
