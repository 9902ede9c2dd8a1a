// SPDX-License-Identifier: MIT
#include "rankpool/batch/csv.hpp"

#include "rankpool/batch/files/input_error.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <random>
#include <sstream>
#include <streambuf>
#include <utility>

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
        rows.push_back(row);
        text += csv_line(row);
    }
    EXPECT_EQ(read(text), rows);
}

TEST(CsvTest, long_fields_go_over_the_pieces) {
    std::string const field(200'000, 'x');
    EXPECT_EQ(read("a," + field + "\n1,2\n"), (Rows{{"a", field}, {"1", "2"}}));
}

/// Each piece is all that has come when it is read, as from a pipe.
class Pieces : public std::streambuf {
  public:
    explicit Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}

  protected:
    int_type underflow() override {
        if (next_ == pieces_.size()) return traits_type::eof();
        auto& piece = pieces_[next_++];
        setg(piece.data(), piece.data(), piece.data() + piece.size());
        return traits_type::to_int_type(*gptr());
    }

  private:
    std::vector<std::string> pieces_;
    std::size_t next_ = 0;
};

Rows read_guessing(std::vector<std::string> pieces) {
    Pieces buffer{std::move(pieces)};
    std::istream in{&buffer};
    CsvReader reader{in, "table.csv", std::nullopt};
    Rows rows;
    while (auto row = reader.next()) rows.push_back(*row);
    return rows;
}

TEST(CsvTest, the_separator_is_that_of_the_whole_first_row) {
    Rows const wanted{{"a", "b"}, {"1,5", "2"}};
    EXPECT_EQ(read_guessing({"a;b\n1,5;2\n"}), wanted);
    EXPECT_EQ(read_guessing({"\n\r\n\na;b\n1,5;2\n"}), wanted) << "after blank lines";
    EXPECT_EQ(read_guessing({"a", ";b", "\n1,5;2\n"}), wanted);
    EXPECT_EQ(read_guessing({"\n", "\"a", "\";b\n1,5;2"}), wanted);
    EXPECT_EQ(read_guessing({"\"a,\n", "\";b\n"}), (Rows{{"a,\n", "b"}}));
    EXPECT_EQ(read_guessing({"a;", "b"}), (Rows{{"a", "b"}})) << "without an end of line";
    EXPECT_EQ(read_guessing({"a", ",b;c\n"}), (Rows{{"a", "b;c"}}));
    EXPECT_TRUE(read_guessing({}).empty());
}

TEST(CsvTest, what_is_damaged_is_told) {
    EXPECT_THAT(complaint("a\n\"b\n"), HasSubstr("table.csv"));
    EXPECT_THAT(complaint("a\n\"b\n"), HasSubstr("after row 1"));
    EXPECT_THAT(complaint("a\n\"b\"c\n"), HasSubstr("after row 1"));
}

}  // namespace
