// SPDX-License-Identifier: MIT
#include "jobs/parts/fasta.hpp"

#include "rankpool/batch/job.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace {

using rankpool::batch::InputError;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr auto alphabet = "ACDEFGHIKLMNPQRSTVWY";

std::vector<jobs::Sequence> parse(std::string const& text) {
    std::istringstream in{text};
    return jobs::parse_fasta(in, "some.fasta", alphabet);
}

auto record(std::string const& name, std::string const& residues) {
    return AllOf(Field(&jobs::Sequence::name, name), Field(&jobs::Sequence::residues, residues));
}

auto complains_of(std::string const& line, std::string const& what) {
    return ThrowsMessage<InputError>(
        AllOf(HasSubstr("some.fasta"), HasSubstr("line " + line + " "), HasSubstr(what)));
}

TEST(FastaTest, reads_records_over_several_lines) {
    EXPECT_THAT(parse(">a first one\nACD\nEFG\n>b\nHIK\n"),
                ElementsAre(record("a", "ACDEFG"), record("b", "HIK")));
}

TEST(FastaTest, the_name_ends_at_a_tab_too) {
    EXPECT_THAT(parse(">a\tx y\nACD\n"), ElementsAre(record("a", "ACD")));
}

TEST(FastaTest, case_blanks_carriage_returns_and_a_missing_last_newline_do_not_count) {
    EXPECT_THAT(parse("\r\n>a\r\nacd efg\t\r\n\r\nHIK"), ElementsAre(record("a", "ACDEFGHIK")));
}

TEST(FastaTest, a_file_without_records_is_an_error) {
    EXPECT_THAT([] { parse(""); }, complains_of("1", "before any record"));
    EXPECT_THAT([] { parse("\n\n\n"); }, complains_of("3", "before any record"));
}

TEST(FastaTest, residues_before_the_first_header_are_an_error) {
    EXPECT_THAT([] { parse("\nACD\n>a\nACD\n"); }, complains_of("2", "'A' before the first header"));
}

TEST(FastaTest, a_byte_that_is_no_residue_is_an_error) {
    EXPECT_THAT([] { parse(">a\nACD\nAC1D\n"); }, complains_of("3", "'1' in the sequence of 'a'"));
    EXPECT_THAT([] { parse(">a\nAC\xff\n"); }, complains_of("2", "the byte 0xff"));
    EXPECT_THAT([] { parse(std::string(">a\nAC\0", 6)); }, complains_of("2", "the byte 0x00"));
}

TEST(FastaTest, a_record_without_residues_is_an_error) {
    EXPECT_THAT([] { parse(">a\n\n>b\nACD\n"); }, complains_of("1", "no residues after the header of 'a'"));
    EXPECT_THAT([] { parse(">a\nACD\n>b\n"); }, complains_of("3", "no residues after the header of 'b'"));
}

TEST(FastaTest, a_header_without_a_name_is_an_error) {
    EXPECT_THAT([] { parse(">\nACD\n"); }, complains_of("1", "without a name"));
    EXPECT_THAT([] { parse("> a\nACD\n"); }, complains_of("1", "without a name"));
}

TEST(FastaTest, a_name_that_was_there_before_is_an_error) {
    EXPECT_THAT([] { parse(">a 1\nACD\n>b\nACD\n>a 2\nACD\n"); }, complains_of("5", "after line 1"));
}

TEST(FastaTest, a_file_that_cannot_be_opened_is_named) {
    EXPECT_THAT(
        [] { jobs::read_fasta("/nowhere/some.fasta", alphabet); },
        ThrowsMessage<InputError>(AllOf(HasSubstr("/nowhere/some.fasta"), HasSubstr("No such file"))));
    EXPECT_THAT([] { jobs::read_fasta("/", alphabet); },
                ThrowsMessage<InputError>(HasSubstr("it is a folder")));
}

}  // namespace
