// SPDX-License-Identifier: MIT
#include "rankpool/batch/csv.hpp"

#include "rankpool/batch/files/input_error.hpp"

#include <gmock/gmock.h>

#include <random>
#include <sstream>

namespace {

using namespace rankpool::batch;
using testing::HasSubstr;
using Rows = std::vector<std::vector<std::string>>;

Rows read(std::string const& text) {
    std::istringstream in{text};
    CsvReader reader{in, "table.csv"};
    Rows rows;
    while (auto row = reader.next()) rows.push_back(*row);
    return rows;
}

std::string complaint(std::string const& text) {
    try {
        read(text);
    } catch (InputError const& error) {
        return error.what();
    }
    return "none";
}

TEST(CsvTest, fields_quotes_and_ends_of_lines) {
    EXPECT_EQ(read("a,b\n1,\"x, \"\"y\"\"\"\r\n\n"), (Rows{{"a", "b"}, {"1", "x, \"y\""}}));
    EXPECT_EQ(read("a,\"two\nlines\"\n"), (Rows{{"a", "two\nlines"}}));
    EXPECT_EQ(read("a,,\n"), (Rows{{"a", "", ""}}));
    EXPECT_EQ(read("no end"), (Rows{{"no end"}}));
    EXPECT_EQ(read(" a , b "), (Rows{{" a ", " b "}}));
    EXPECT_TRUE(read("").empty());
}

TEST(CsvTest, what_is_written_is_read) {
    std::mt19937 random{11};
    constexpr std::string_view letters = "ab,\"\n\r x";
    Rows rows;
    std::string text;
    for (int i = 0; i < 300; ++i) {
        std::vector<std::string> row(1 + random() % 4);
        for (auto& field : row) {
            for (auto length = random() % 6; length > 0; --length)
                field += letters[random() % letters.size()];
        }
        row.back() += '.';  // a row of nothing would be a blank line
        rows.push_back(row);
        text += csv_line(row);
    }
    EXPECT_EQ(read(text), rows);
}

TEST(CsvTest, long_fields_go_over_the_pieces) {
    std::string const field(200'000, 'x');
    EXPECT_EQ(read("a," + field + "\n1,2\n"), (Rows{{"a", field}, {"1", "2"}}));
}

TEST(CsvTest, what_is_damaged_is_told) {
    EXPECT_THAT(complaint("a\n\"b\n"), HasSubstr("table.csv"));
    EXPECT_THAT(complaint("a\n\"b\n"), HasSubstr("after row 1"));
    EXPECT_THAT(complaint("a\n\"b\"c\n"), HasSubstr("after row 1"));
}

}  // namespace
