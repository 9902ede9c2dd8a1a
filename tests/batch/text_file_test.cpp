// SPDX-License-Identifier: MIT
#include "rankpool/batch/text_file.hpp"

#include "rankpool/batch/csv.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/job/option_text.hpp"
#include "rankpool/batch/table.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

namespace {

using namespace rankpool::batch;
using namespace std::string_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string read(std::string const& bytes, Content content = Content::text) {
    std::istringstream in{bytes};
    TextFile file{in, "some file", content};
    std::ostringstream out;
    // Not by iterators of the buffer, past which the stream's own checks would go.
    for (std::string piece(7, '\0'); file.stream().read(piece.data(), 7), file.stream().gcount() > 0;) {
        out.write(piece.data(), file.stream().gcount());
    }
    return out.str();
}

std::string complaint(std::string const& bytes, Content content = Content::text) {
    try {
        read(bytes, content);
    } catch (InputError const& error) {
        return error.what();
    }
    return "none";
}

std::string packed(std::string const& text) {
    ::z_stream stream{};
    EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string bytes(::deflateBound(&stream, text.size()) + 32, '\0');
    std::string copy = text;
    stream.next_in = reinterpret_cast<Bytef*>(copy.data());
    stream.avail_in = static_cast<uInt>(copy.size());
    stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_out = static_cast<uInt>(bytes.size());
    EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
    bytes.resize(stream.total_out);
    ::deflateEnd(&stream);
    return bytes;
}

std::string random_bytes(std::size_t size) {
    std::mt19937 random{5};
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>('a' + random() % 16);
    return bytes;
}

/// ASCII letters in an encoding with `width` bytes for each, the letter at place `at`.
std::string widened(std::string const& text, std::size_t width, std::size_t at) {
    std::string bytes;
    for (char const letter : text) {
        std::string one(width, '\0');
        one[at] = letter;
        bytes += one;
    }
    return bytes;
}

TEST(TextFileTest, text_is_given_as_it_is) {
    for (std::string const& text : {""s, "a"s, "a\n"s, "\r\n"s, "x,y\n1,2\r\n"s, "M\xfcller"s, "\xef\xbb"s,
                                    "BZhou,PKlee\n1,2\n"s, "a\0b"s, "\0\0\0\0\0\0"s, random_bytes(200'000)}) {
        EXPECT_EQ(read(text), text);
        EXPECT_EQ(read(text, Content::bytes), text);
    }
}

TEST(TextFileTest, a_byte_order_mark_is_taken_away_once) {
    auto const mark = "\xef\xbb\xbf"s;
    EXPECT_EQ(read(mark), "");
    EXPECT_EQ(read(mark + "id\n1\n"), "id\n1\n");
    EXPECT_EQ(read(mark + "id\n" + mark), "id\n" + mark);
    EXPECT_EQ(read(packed(mark + "id")), "id");
    EXPECT_EQ(read(mark + "id", Content::bytes), mark + "id") << "bytes are no text";
}

TEST(TextFileTest, utf_16_and_32_are_named) {
    std::string const text = "id,name\n1,x\n";
    struct {
        std::size_t width;
        std::size_t at;
        std::string mark;
        char const* name;
    } const kinds[] = {{2, 0, "\xff\xfe", "UTF-16"},
                       {2, 1, "\xfe\xff", "UTF-16"},
                       {4, 0, "\xff\xfe\0\0"s, "UTF-32"},
                       {4, 3, "\0\0\xfe\xff"s, "UTF-32"}};
    for (auto const& [width, at, mark, name] : kinds) {
        auto const is_named =
            AllOf(HasSubstr("some file"), HasSubstr("it is "s + name), HasSubstr("iconv -f"));
        EXPECT_THAT(complaint(mark + widened(text, width, at)), is_named);
        EXPECT_THAT(complaint(widened(text, width, at)), is_named) << "without a mark";
        EXPECT_THAT(complaint(packed(widened(text, width, at))), is_named);
        EXPECT_THAT(complaint(mark), HasSubstr(name));
    }
}

TEST(TextFileTest, other_compressions_and_archives_are_named) {
    std::pair<std::string, char const*> const kinds[] = {{"BZh91AY&SY\x12\x34", "bzip2"},
                                                         {"BZh9\x17rE8P\x90\0\0\0\0"s, "bzip2"},
                                                         {"\xfd"
                                                          "7zXZ\0\0\4"s,
                                                          "xz"},
                                                         {"\x28\xb5\x2f\xfd\4\0"s, "zstd"},
                                                         {"\x04\x22\x4d\x18"s, "lz4"},
                                                         {"PK\3\4\x14\0"s, "ZIP archive, as Excel's"},
                                                         {"\x1f\x9d\x90"s, "compress"},
                                                         {packed(packed("twice")), "gzip"}};
    for (auto const& [bytes, name] : kinds) {
        for (auto const content : {Content::text, Content::lines, Content::bytes}) {
            EXPECT_THAT(complaint(bytes, content),
                        AllOf(HasSubstr("cannot read some file (it is "), HasSubstr(name)));
        }
    }
}

TEST(TextFileTest, gzip_is_unpacked) {
    for (auto const size : std::vector<std::size_t>{0, 1, 15, 16, 17, 65'535, 65'536, 65'537, 500'000}) {
        std::string const text = random_bytes(size);
        EXPECT_EQ(read(packed(text)), text);
        EXPECT_EQ(read(packed(text) + packed("") + packed(text)), text + text)
            << "several, one after another";
        EXPECT_EQ(read(packed(text) + std::string(1000, '\0')), text) << "zeros behind";
    }
}

TEST(TextFileTest, damaged_gzip_is_named_wherever_it_is_damaged) {
    std::string const good = packed(random_bytes(3000));
    for (std::size_t size = 2; size < good.size(); size += 1 + size / 50) {
        EXPECT_THAT(complaint(good.substr(0, size)), HasSubstr("gzip and ends too early")) << size;
    }
    EXPECT_THAT(complaint(good + good.substr(0, 30)), HasSubstr("gzip and ends too early"));
    EXPECT_THAT(complaint(good + "more"), HasSubstr("something else comes after"));
    EXPECT_THAT(complaint(good + '\0' + good), HasSubstr("something else comes after"));
    // The bytes of the checksum and the length, and some of the data.
    for (auto const from_end : std::vector<std::size_t>{1, 4, 5, 8, 100, 1000}) {
        std::string bad = good;
        bad[bad.size() - from_end] = static_cast<char>(bad[bad.size() - from_end] ^ 0x55);
        EXPECT_THAT(complaint(bad), HasSubstr("compressed by gzip and")) << from_end;
    }
}

TEST(TextFileTest, all_ends_of_lines_become_one) {
    EXPECT_EQ(read("a\rb\r\nc\nd\n\re\r\r\n\r", Content::lines), "a\nb\nc\nd\n\ne\n\n\n");
    for (auto const before : std::vector<std::size_t>{15, 16, 65'534, 65'535, 65'536}) {
        std::string const start(before, 'x');
        EXPECT_EQ(read(start + "\r\ny\r", Content::lines), start + "\ny\n") << "over the end of a piece";
    }
}

TEST(TextFileTest, files_that_cannot_be_read_are_named) {
    auto const complains = [](std::string const& path, char const* why) {
        EXPECT_THAT([&] { TextFile{path}.stream().get(); },
                    ThrowsMessage<InputError>(AllOf(HasSubstr(path), HasSubstr(why))));
    };
    complains("/nowhere/some.csv", "No such file");
    complains("", "No such file");
    complains("/", "it is a folder");
    complains("/tmp", "it is a folder");
    complains("/" + std::string(256, 'x'), "File name too long");
    complains("/proc/self/exe/x", "Not a directory");
    complains("/proc/self/mem", "Input/output error");
    std::string const loop = testing::TempDir() + "text_file_test_loop";
    std::filesystem::remove(loop);
    std::filesystem::create_symlink(loop, loop);
    complains(loop, "Too many levels");
    std::filesystem::remove(loop);
}

TEST(TextFileTest, standard_input_is_read_by_its_name) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0) << "as a terminal may have been left";
    ASSERT_GE(::dup2(ends[0], STDIN_FILENO), 0);
    std::string const bytes = packed("x\r1\r");
    ASSERT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    ::close(ends[1]);
    Table table{"-"};
    EXPECT_THAT(table.columns(), ElementsAre("x"));
    EXPECT_THAT(*table.begin(), ElementsAre("1"));
    EXPECT_EQ(TextFile::named("-").name(), "standard input");
    ASSERT_GE(::dup2(::open("/", O_RDONLY), STDIN_FILENO), 0);
    EXPECT_THAT([] { TextFile::named("-"); }, ThrowsMessage<InputError>(HasSubstr("it is a folder")));
}

class TableTest : public testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove(file_); }

    std::vector<std::vector<std::string>> rows(std::string const& bytes) {
        std::ofstream{file_, std::ios::binary} << bytes;
        Table table{file_};
        std::vector<std::vector<std::string>> rows{table.columns()};
        for (auto const& row : table) rows.push_back(row);
        return rows;
    }
    std::string complaint(std::string const& bytes) {
        try {
            rows(bytes);
        } catch (InputError const& error) {
            return error.what();
        }
        return "none";
    }

    std::string file_ = testing::TempDir() + "table_test_" + std::to_string(::getpid()) + ".csv";
};

TEST_F(TableTest, one_table_in_every_form) {
    auto const wanted = ElementsAre(ElementsAre("id", "name"), ElementsAre("1", "x"));
    for (std::string const& end : {"\n"s, "\r\n"s, "\r"s}) {
        for (std::string const& text : {"id,name" + end + "1,x" + end, "\"id\",\"name\"" + end + "1,x"}) {
            EXPECT_THAT(rows(text), wanted);
            EXPECT_THAT(rows("\xef\xbb\xbf" + text), wanted);
            EXPECT_THAT(rows(packed("\xef\xbb\xbf" + text)), wanted);
        }
    }
    EXPECT_THAT(rows("a\r\n\"x\r\ny\rz\"\r\n"), ElementsAre(ElementsAre("a"), ElementsAre("x\r\ny\rz")))
        << "a field keeps its ends of lines";
}

TEST_F(TableTest, a_first_name_may_begin_like_a_comment) {
    for (std::string const& start : {"#"s, "#id\n"s, "# rank\n"s, "# rankpool"s}) {
        std::string const text = start + "x\n1\n";
        EXPECT_EQ(rows(packed(start) + packed("x\n1\n")), rows(text)) << "in two pieces";
        EXPECT_EQ(rows(text).front().front(), text.substr(0, text.find('\n')));
    }
    std::string const mark = "# rankpool: some\n# why\nid\n";
    EXPECT_THAT(rows(packed(mark.substr(0, 5)) + packed(mark.substr(5) + "1\n")),
                ElementsAre(ElementsAre("id"), ElementsAre("1")));
}

TEST_F(TableTest, zero_bytes_are_refused) {
    EXPECT_THAT(complaint("x,y\n1,2\nsafe\0hidden,2\n"s), HasSubstr("row 3 has a NUL byte in column 'x'"));
    EXPECT_THAT(complaint("x,y\n1,\"\0\"\n"s), HasSubstr("row 2 has a NUL byte in column 'y'"));
    EXPECT_THAT(complaint("x,y\n1,2\0\n"s), HasSubstr("row 2 has a NUL byte in column 'y'"));
    EXPECT_THAT(complaint("x,y\0\n1,2\n"s), HasSubstr("row 1 has a NUL byte in column 2"));
}

TEST_F(TableTest, what_is_no_table_is_told_in_few_words) {
    std::string const name(5000, 'n');
    EXPECT_THAT(complaint(""), HasSubstr("no first row"));
    EXPECT_THAT(complaint(",a\n"), HasSubstr("column 1 has no name"));
    EXPECT_THAT(complaint("a,b,\n"), HasSubstr("column 3 has no name"));
    EXPECT_THAT(complaint(name + "," + name + "\n"),
                AllOf(HasSubstr("two columns 'nnn"), HasSubstr("nnn...'")));
    EXPECT_LT(complaint(name + "," + name + "\n").size(), 400U);
    EXPECT_THAT(complaint("a,b\n1\n"), HasSubstr("row 2 has 1 fields instead of 2"));
    EXPECT_THAT(complaint("a\n" + std::string(1'100'000, ',') + "\n"), HasSubstr("a row without an end"));
}

TEST(ConfigFileTest, is_read_in_every_form) {
    std::string const file = testing::TempDir() + "config_test_" + std::to_string(::getpid()) + ".toml";
    for (std::string const& text :
         {"rho = \"1,2\"\nstep = \"0.1\"\n"s, "rho = \"1,2\"\r\nstep = \"0.1\"\r\n"s,
          "rho = \"1,2\"\rstep = \"0.1\""s, packed("rho = \"1,2\"\nstep = \"0.1\"\n")}) {
        for (std::string const& mark : {""s, "\xef\xbb\xbf"s}) {
            if (!mark.empty() && text.front() == '\x1f') continue;
            std::ofstream{file, std::ios::binary} << mark << text;
            EXPECT_THAT(with_config({"run", "sweep", "--config", file}, nullptr),
                        ElementsAre("run", "sweep", "--rho=1,2", "--step=0.1"));
        }
    }
    std::filesystem::remove(file);
    auto const complains = [](std::string const& name, char const* why) {
        EXPECT_THAT(
            [&] {
                with_config({"run", "sweep", "--config", name}, nullptr);
            },
            ThrowsMessage<InputError>(AllOf(HasSubstr(name), HasSubstr(why))));
    };
    complains("/", "it is a folder");
    complains("/nowhere/x.toml", "No such file");
    complains("/proc/self/mem", "Input/output error");
}

}  // namespace
