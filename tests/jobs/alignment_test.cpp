// SPDX-License-Identifier: MIT
#include "jobs/parts/alignment.hpp"

#include "tests/jobs/blosum62.hpp"
#include "tests/jobs/gotoh.hpp"

#include <gmock/gmock.h>

#include <random>

namespace {

using jobs::AlignmentMode;
using jobs::Scoring;
using testing::Each;
using testing::ElementsAre;

constexpr std::string_view amino_acids = "ARNDCQEGHILKMFPSTWYV";

std::int32_t score(std::string const& a, std::string const& b, Scoring const& scoring) {
    return jobs::score_row({{"a", a}, {"b", b}}, scoring, 0).at(0);
}

std::string random_residues(std::mt19937& random, std::size_t length) {
    std::string residues;
    while (residues.size() < length) residues.push_back(amino_acids[random() % amino_acids.size()]);
    return residues;
}

// As evolution would: some residues exchanged, a piece lost, a piece added.
std::string mutated(std::mt19937& random, std::string residues) {
    for (char& residue : residues) {
        if (random() % 4 == 0) residue = amino_acids[random() % amino_acids.size()];
    }
    std::size_t const place = random() % (residues.size() + 1);
    residues.insert(random() % (place + 1), random_residues(random, random() % 9));
    residues.erase(place, random() % 9);
    return residues;
}

TEST(AlignmentTest, a_gap_of_k_residues_costs_open_and_k_minus_1_extend) {
    // Four matches of W (11 each) around a gap of 0, 1, 2, 3 residues.
    Scoring const scoring{.mode = AlignmentMode::global};
    EXPECT_EQ(score("WWWW", "WWWW", scoring), 44);
    EXPECT_EQ(score("WWWW", "WWAWW", scoring), 44 - 11);
    EXPECT_EQ(score("WWWW", "WWAAWW", scoring), 44 - 12);
    EXPECT_EQ(score("WWWW", "WWAAAWW", scoring), 44 - 13);
    EXPECT_EQ(score("WWWW", "WWWWAAA", scoring), 44 - 13) << "a gap at the end costs the same";
    EXPECT_EQ(score("WWWW", "WWAAAWW", {.mode = AlignmentMode::local}), 44 - 13);
    EXPECT_EQ(score("WWWW", "WWAAAWW", {.mode = AlignmentMode::local, .gap_open = 30, .gap_extend = 5}), 22);
}

TEST(AlignmentTest, scores_of_short_pairs_counted_by_hand) {
    // The pair of Durbin, Eddy, Krogh and Mitchison's textbook, here under BLOSUM62: AWGHE over AW-HE gives
    // 4 + 11 - 8 + 8 + 5.
    Scoring linear{.mode = AlignmentMode::local, .gap_open = 8, .gap_extend = 8};
    EXPECT_EQ(score("HEAGAWGHEE", "PAWHEAE", linear), 20);
    // One residue beside another, from the published table.
    EXPECT_EQ(score("W", "W", {.mode = AlignmentMode::global}), 11);
    EXPECT_EQ(score("I", "V", {.mode = AlignmentMode::global}), 3);
    EXPECT_EQ(score("W", "P", {.mode = AlignmentMode::global}), -4);
    EXPECT_EQ(score("W", "P", {.mode = AlignmentMode::local}), 0);
}

TEST(AlignmentTest, equals_the_textbook_algorithm_on_random_pairs) {
    std::mt19937 random{20260};
    for (auto const mode : {AlignmentMode::local, AlignmentMode::global}) {
        for (auto const& [open, extend] : {std::pair{11, 1}, std::pair{5, 5}, std::pair{20, 0},
                                           std::pair{1, 1}, std::pair{200, 200}, std::pair{0, 0}}) {
            Scoring const scoring{.mode = mode, .gap_open = open, .gap_extend = extend};
            for (int trial = 0; trial < 40; ++trial) {
                std::string const a = random_residues(random, 1 + random() % 120);
                std::string const b =
                    trial % 2 == 0 ? mutated(random, a) + "A" : random_residues(random, 1 + random() % 120);
                ASSERT_EQ(score(a, b, scoring), jobs::gotoh_score(a, b, scoring, jobs::blosum62))
                    << a << ' ' << b << " gaps " << open << ' ' << extend;
            }
        }
    }
}

TEST(AlignmentTest, long_sequences_do_not_saturate) {
    // 11 for each of 7000 tryptophans is beyond 16 bits, and so is the cost of a gap of 40000.
    std::string const tryptophans(7000, 'W');
    EXPECT_EQ(score(tryptophans, tryptophans, {.mode = AlignmentMode::local}), 77000);
    EXPECT_EQ(score(tryptophans, tryptophans, {.mode = AlignmentMode::global}), 77000);
    EXPECT_EQ(score("W", "W" + std::string(40000, 'A'), {.mode = AlignmentMode::global}), 11 - (11 + 39999));
}

TEST(AlignmentTest, a_row_has_every_later_sequence_in_order) {
    std::vector<jobs::Sequence> const sequences{{"a", "WW"}, {"b", "W"}, {"c", "WWW"}, {"d", "A"}};
    Scoring const scoring{.mode = AlignmentMode::local};
    EXPECT_THAT(jobs::score_row(sequences, scoring, 0), ElementsAre(11, 22, 0));
    EXPECT_THAT(jobs::score_row(sequences, scoring, 1), ElementsAre(11, 0));
    EXPECT_THAT(jobs::score_row(sequences, scoring, 3), ElementsAre());
}

TEST(AlignmentTest, matrices_are_found_by_name) {
    EXPECT_TRUE(jobs::has_matrix("blosum62"));
    EXPECT_TRUE(jobs::has_matrix("pam250"));
    EXPECT_FALSE(jobs::has_matrix("blosum61"));
    EXPECT_EQ(score("A", "A", {.mode = AlignmentMode::global, .matrix = "pam250"}), 2);
}

TEST(AlignmentTest, rare_residues_score_as_X) {
    EXPECT_EQ(jobs::residues_of("blosum62"), "ARNDCQEGHILKMFPSTWYVBZX*JOU");
    EXPECT_EQ(jobs::residues_of("dnafull").find('E'), std::string::npos);
    Scoring const scoring{.mode = AlignmentMode::global};
    for (char const* rare : {"J", "O", "U"}) {
        EXPECT_EQ(score(rare, "W", scoring), score("X", "W", scoring));
        EXPECT_EQ(score("W", rare, scoring), score("W", "X", scoring));
    }
}

}  // namespace
