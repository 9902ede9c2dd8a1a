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
    return jobs::parse_fasta(in, "some.fasta", alphabet).records;
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
    EXPECT_THAT([] { parse("> \t \nACD\n"); }, complains_of("1", "without a name"));
    EXPECT_THAT([] { parse(">a\nACD\n>"); }, complains_of("3", "without a name"));
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

TEST(FastaTest, all_ends_of_lines_count_alike) {
    for (std::string const end : {"\n", "\r\n", "\r"}) {
        std::string const text = ">a x" + end + "ACD" + end + end + "EF" + end + ">b" + end + "HIK";
        EXPECT_THAT(parse(text), ElementsAre(record("a", "ACDEF"), record("b", "HIK")));
        EXPECT_THAT([&] { parse(text + "1"); }, complains_of("6", "'1' in the sequence of 'b'"));
    }
}

/// What databases and programs write, and what it gives: the records, or what is said.
TEST(FastaTest, as_databases_write_it) {
    struct {
        char const* what;
        std::string text;
        std::vector<std::pair<std::string, std::string>> records;
        std::size_t gaps;
    } const files[] = {
        {"UniProt, a selenoprotein",
         ">sp|P07203|GPX1_HUMAN Glutathione peroxidase 1 OS=Homo sapiens OX=9606 GN=GPX1 PE=1 "
         "SV=4\nMCAARLAAAA\n"
         "VEGLUGTTVR\n",
         {{"sp|P07203|GPX1_HUMAN", "MCAARLAAAAVEGLUGTTVR"}},
         0},
        {"NCBI, merged titles and a blank line between records",
         ">NP_000549.1 hemoglobin subunit alpha [Homo sapiens]\1XP_508242.1 the same [Pan]\nMVLSPADKTN\n\n"
         ">gi|4504349|ref|NP_000509.1| hemoglobin subunit beta\nMVHLTPEEKS\n\n",
         {{"NP_000549.1", "MVLSPADKTN"}, {"gi|4504349|ref|NP_000509.1|", "MVHLTPEEKS"}},
         0},
        {"PDB",
         ">1A3N_1|Chains A, C|HEMOGLOBIN (ALPHA CHAIN)|Homo sapiens (9606)\nVLSPADKTNX\n"
         ">1A3N_2|Chains B, D|HEMOGLOBIN (BETA CHAIN)|Homo sapiens (9606)\nHLTPEEKSAV\n",
         {{"1A3N_1|Chains", "VLSPADKTNX"}, {"1A3N_2|Chains", "HLTPEEKSAV"}},
         0},
        {"Ensembl, a stop at the end",
         ">ENSP00000251595.7 pep chromosome:GRCh38:16:172876:173710:1 gene:ENSG00000188536.13\nMVLSPADKTN*\n",
         {{"ENSP00000251595.7", "MVLSPADKTN*"}},
         0},
        {"soft masked", ">a\nacdEFG\n", {{"a", "ACDEFG"}}, 0},
        {"aligned, as by Clustal", ">a\n--ACD-EF\n>b\nHI-K----\n", {{"a", "ACDEF"}, {"b", "HIK"}}, 8},
        {"aligned, as by Pfam", ">a/1-5\n..acDE.F\n", {{"a/1-5", "ACDEF"}}, 3},
        {"comments of old", ";by hand\n>a\n;more\nACD\n;and more\nEF\n", {{"a", "ACDEF"}}, 0},
        {"a blank before the name", "> a b\nACD\n>\tc\nACD\n", {{"a", "ACD"}, {"c", "ACD"}}, 0},
        {"blocks of ten", ">a\nACDEF GHIKL\n  MNPQ\tRST\n", {{"a", "ACDEFGHIKLMNPQRST"}}, 0},
        {"one line of 35000",
         ">titin\n" + std::string(35'000, 'K') + "\n",
         {{"titin", std::string(35'000, 'K')}},
         0},
        {"the same sequence twice", ">a\nACD\n>b\nACD\n", {{"a", "ACD"}, {"b", "ACD"}}, 0},
    };
    for (auto const& [what, text, records, gaps] : files) {
        std::istringstream in{text};
        auto const fasta = jobs::parse_fasta(in, "some.fasta", "ARNDCQEGHILKMFPSTWYVBZX*JOU");
        std::vector<std::pair<std::string, std::string>> found;
        for (auto const& [name, residues] : fasta.records) found.emplace_back(name, residues);
        EXPECT_EQ(found, records) << what;
        EXPECT_EQ(fasta.gaps, gaps) << what;
    }
}

TEST(FastaTest, what_is_no_fasta_is_told_at_once) {
    EXPECT_THAT([] { parse("@read1\nACGT\n+\nIIII\n"); }, complains_of("1", "'@' before the first header"));
    EXPECT_THAT([] { parse("LOCUS       NM_000558\n"); }, complains_of("1", "'L' before the first header"));
    EXPECT_THAT([] { parse(">a\n        1 acdef\n"); }, complains_of("2", "'1' in the sequence"));
    EXPECT_THAT([] { parse(">a\n---\n"); }, complains_of("1", "no residues"));
    EXPECT_THAT([] { parse(">" + std::string(1001, 'n') + "\nACD\n"); },
                complains_of("1", "a name of more than"));
    EXPECT_THAT([] { parse(">a\n" + std::string(10'000'001, 'A')); },
                complains_of("2", "more than 10000000 residues"));
    // No more of it is read than needed: a stream of zeros has no end.
    EXPECT_THAT([] { jobs::read_fasta("/dev/zero", alphabet); },
                ThrowsMessage<InputError>(HasSubstr("0x00")));
}

TEST(FastaTest, messages_quote_little) {
    std::string const name(1000, 'n');
    try {
        parse(">" + name + "\nACD\n>" + name + "\nACD\n");
        FAIL();
    } catch (InputError const& error) {
        EXPECT_LT(std::string_view{error.what()}.size(), 300U);
    }
}

}  // namespace
