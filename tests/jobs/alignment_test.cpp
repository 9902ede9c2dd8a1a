// SPDX-License-Identifier: MIT
#include "jobs/parts/alignment.hpp"

#include "jobs/parts/plain_alignment.hpp"
#include "tests/jobs/blosum62.hpp"
#include "tests/jobs/gotoh.hpp"

#include <gmock/gmock.h>
#include <parasail.h>
#include <parasail/matrix_lookup.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <random>

namespace {

using jobs::AlignmentMode;
using jobs::InstructionSet;
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

/// The tables of Parasail, of which the numbers are taken, and nothing else.
class Matrix {
  public:
    explicit Matrix(std::size_t number) : matrix_(*::parasail_matrices[number]) {}

    static std::size_t count() {
        std::size_t count = 0;
        while (::parasail_matrices[count]) ++count;
        return count;
    }
    [[nodiscard]] std::string name() const { return matrix_.name; }
    [[nodiscard]] std::string alphabet() const { return matrix_.alphabet; }
    int operator()(char a, char b) const { return matrix_.matrix[place(a) * matrix_.size + place(b)]; }

  private:
    [[nodiscard]] int place(char residue) const {
        return static_cast<int>(std::string_view{matrix_.alphabet}.find(residue));
    }
    parasail_matrix_t const& matrix_;
};

constexpr InstructionSet all_sets[] = {InstructionSet::best, InstructionSet::sse2, InstructionSet::sse41,
                                       InstructionSet::avx2};

/// Makes pairs that are alike in part, or not at all, or repeat a few residues.
class Chance {
  public:
    explicit Chance(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t end) { return random_() % end; }

    /// From 1 to `most`, as many short ones as long ones.
    std::size_t length(std::size_t most) {
        double const share = static_cast<double>(below(1'000'000)) / 1e6;
        return static_cast<std::size_t>(std::pow(static_cast<double>(most), share));
    }
    /// From 0 to 10000, and often where 8 or 16 bits end.
    int cost() {
        constexpr int edges[] = {0,   1,   2,   4,   11,  50,  126, 127, 128,
                                 129, 254, 255, 256, 257, 300, 512, 780, 10'000};
        return below(2) == 0 ? edges[below(std::size(edges))] : static_cast<int>(length(10'001)) - 1;
    }
    Scoring scoring(std::string const& matrix) {
        int const open = cost();
        int const extend = below(4) == 0 ? open : cost();
        return {.mode = below(2) == 0 ? AlignmentMode::local : AlignmentMode::global,
                .matrix = matrix,
                .gap_open = open,
                .gap_extend = extend};
    }
    std::string residues(std::string const& alphabet, std::size_t length) {
        std::size_t const kinds = below(3) == 0 ? 1 + below(4) : alphabet.size();
        std::size_t const first = below(alphabet.size());
        std::string text;
        while (text.size() < length) text.push_back(alphabet[(first + below(kinds)) % alphabet.size()]);
        return text;
    }
    /// The same with some residues exchanged, and a piece lost and another added.
    std::string relative(std::string text, std::string const& alphabet) {
        for (char& residue : text) {
            if (below(5) == 0) residue = alphabet[below(alphabet.size())];
        }
        text.erase(below(text.size()), below(40));
        text.insert(below(text.size() + 1), residues(alphabet, 1 + below(40)));
        return text;
    }

  private:
    std::mt19937 random_;
};

/// All instruction sets of this processor give what the textbook does.
void expect_right(std::string const& a, std::string const& b, Scoring const& scoring, Matrix const& matrix) {
    long const right = jobs::gotoh_score(a, b, scoring, matrix);
    for (auto const set : all_sets) {
        if (!jobs::can_use(set)) continue;
        ASSERT_EQ((jobs::Aligner{scoring, set}.score({"a", a}, {"b", b})), right)
            << (scoring.mode == AlignmentMode::local ? "local " : "global ") << scoring.matrix << ", gaps "
            << scoring.gap_open << ' ' << scoring.gap_extend << ", lengths " << a.size() << ' ' << b.size()
            << ", instructions " << static_cast<int>(set);
    }
    ASSERT_EQ(jobs::plain_score(a, b, scoring, matrix), right);
}

/// RANKPOOL_ALIGN_TRIALS: so many times as many pairs; 1000 take an hour.
std::size_t trials(std::size_t usual) {
    char const* const factor = std::getenv("RANKPOOL_ALIGN_TRIALS");
    return usual * (factor ? std::strtoul(factor, nullptr, 10) : 1);
}

TEST(AlignmentTest, every_instruction_set_is_right_for_short_pairs) {
    Chance chance{1};
    for (std::size_t trial = 0; trial < trials(2000); ++trial) {
        Matrix const matrix{trial % Matrix::count()};
        std::string const a = chance.residues(matrix.alphabet(), chance.length(300));
        std::string const b = chance.below(2) == 0 ? chance.relative(a, matrix.alphabet())
                                                   : chance.residues(matrix.alphabet(), chance.length(300));
        ASSERT_NO_FATAL_FAILURE(expect_right(a, b, chance.scoring(matrix.name()), matrix));
    }
}

TEST(AlignmentTest, every_instruction_set_is_right_for_long_pairs) {
    Chance chance{2};
    for (std::size_t trial = 0; trial < trials(60); ++trial) {
        Matrix const matrix{chance.below(Matrix::count())};
        std::string const a = chance.residues(matrix.alphabet(), chance.length(40'000));
        std::string b = chance.below(2) == 0 ? chance.relative(a, matrix.alphabet())
                                             : chance.residues(matrix.alphabet(), chance.length(40'000));
        // The textbook needs a second for a hundred million.
        b.resize(std::min(b.size(), 1 + 2'000'000 / a.size()));
        Scoring const scoring = chance.scoring(matrix.name());
        ASSERT_NO_FATAL_FAILURE(expect_right(a, b, scoring, matrix));
        ASSERT_NO_FATAL_FAILURE(expect_right(b, a, scoring, matrix));
    }
}

TEST(AlignmentTest, every_instruction_set_is_right_where_a_narrow_kernel_ends) {
    Chance chance{3};
    // A kernel has 4 to 32 lanes, and the product of a lane's stretch and the cost of a gap's residue must
    // not go round.
    for (int const extend : {1, 2, 4, 11, 50, 255}) {
        for (std::size_t const end : {128U, 256U, 384U, 32'768U}) {
            for (std::size_t const lanes : {8U, 16U, 32U}) {
                std::size_t const length = lanes * end / static_cast<unsigned>(extend);
                if (length < 2 || length > 40'000) continue;
                std::size_t const around = length - 1 + chance.below(3);
                Matrix const matrix{chance.below(Matrix::count())};
                Scoring scoring{.mode = AlignmentMode::local,
                                .matrix = matrix.name(),
                                .gap_open = std::max(extend, chance.cost()),
                                .gap_extend = extend};
                std::string const a = chance.residues(matrix.alphabet(), around);
                std::string const b = chance.residues(matrix.alphabet(), 1 + chance.below(30));
                ASSERT_NO_FATAL_FAILURE(expect_right(a, b, scoring, matrix));
                scoring.mode = AlignmentMode::global;
                ASSERT_NO_FATAL_FAILURE(expect_right(a, b, scoring, matrix));
            }
        }
    }
}

TEST(AlignmentTest, unrelated_pairs_of_lengths_near_8150_do_not_look_related) {
    std::mt19937 random{8};
    Scoring const scoring{.mode = AlignmentMode::local};
    for (std::size_t const length : {2032U, 2033U, 4064U, 4065U, 8145U, 8150U, 8160U, 16'380U, 24'500U}) {
        std::string const a = random_residues(random, length);
        std::string const b = random_residues(random, 60);
        EXPECT_EQ(score(a, b, scoring), jobs::gotoh_score(a, b, scoring, jobs::blosum62)) << length;
    }
}

TEST(AlignmentTest, scores_of_globins_that_biopython_gives) {
    // MYG_ESCGI and HBA_ANSSE of jobs/data, by PairwiseAligner of Biopython 1.80.
    std::string const myoglobin =
        "VLSDAEWQLVLNIWAKVEADVAGHGQDILIRLFKGHPETLEKFDKFKHLKTEAEMKASEDLKKHGNTVLTALGGI"
        "LKKKGHHEAELKPLAQSHATKHKIPIKYLEFISDAIIHVLHSRHPGDFGADAQAAMNKALELFRKDIAAKYKELG"
        "FQG";
    std::string const haemoglobin =
        "VLSAADKGNVKTVFGKIGGHAEEYGAETLQRMFQTFPQTKTYFPHFDLQPGSAQIKAHGKKVAAALVEAANHIDD"
        "IAGALSKLSDLHAQKLRVDPVNFKFLGHCFLVVLAIHHPSLLTPEVHASMDKFLCAVATVLTAKYR";
    struct {
        char const* matrix;
        int open;
        int extend;
        int local;
        int global;
    } const known[] = {{"blosum62", 11, 1, 116, 100},
                       {"blosum62", 50, 50, 79, -453},
                       {"blosum62", 300, 1, 79, -328},
                       {"blosum62", 10'000, 10'000, 79, -119'853},
                       {"pam250", 14, 2, 174, 150}};
    for (auto const& [matrix, open, extend, local, global] : known) {
        for (auto const set : all_sets) {
            if (!jobs::can_use(set)) continue;
            Scoring scoring{
                .mode = AlignmentMode::local, .matrix = matrix, .gap_open = open, .gap_extend = extend};
            EXPECT_EQ((jobs::Aligner{scoring, set}.score({"a", myoglobin}, {"b", haemoglobin})), local);
            scoring.mode = AlignmentMode::global;
            EXPECT_EQ((jobs::Aligner{scoring, set}.score({"a", myoglobin}, {"b", haemoglobin})), global);
        }
    }
}

TEST(AlignmentTest, the_dearest_gaps_of_the_longest_sequences_are_right_or_told) {
    Scoring const dear{.mode = AlignmentMode::global, .gap_open = 10'000, .gap_extend = 10'000};
    std::string const a(40'000, 'W');
    std::string const b = "W" + std::string(79, 'A');
    EXPECT_EQ(score(a, b, dear), jobs::gotoh_score(a, b, dear, jobs::blosum62));
    // -2^31 has its place, what is below has none.
    Scoring const scoring{.mode = AlignmentMode::global, .gap_open = 10'000, .gap_extend = 10'000};
    EXPECT_EQ(score("W", std::string(214'749, 'W'), scoring), -2'147'479'989);
    EXPECT_THROW(score("W", std::string(214'750, 'W'), scoring), std::runtime_error);
}

TEST(AlignmentTest, width_grows_with_length_and_cost) {
    auto const narrowest = [](AlignmentMode mode, int open, int extend, std::size_t query,
                              std::size_t target) {
        Scoring const scoring{.mode = mode, .gap_open = open, .gap_extend = extend};
        for (int const bits : {8, 16, 32}) {
            if (jobs::is_wide_enough(bits, scoring, {-4, 11}, query, target)) return bits;
        }
        return 64;
    };
    constexpr auto local = AlignmentMode::local;
    constexpr auto global = AlignmentMode::global;
    EXPECT_EQ(narrowest(local, 11, 1, 2032, 40'000), 8);
    EXPECT_EQ(narrowest(local, 11, 1, 2033, 1), 16);
    EXPECT_EQ(narrowest(local, 127, 1, 100, 100), 8);
    EXPECT_EQ(narrowest(local, 128, 1, 100, 100), 16);
    EXPECT_EQ(narrowest(local, 50, 50, 33, 33), 16);
    EXPECT_EQ(narrowest(local, 11, 1, 40'000, 40'000), 16);
    EXPECT_EQ(narrowest(local, 10'000, 10'000, 40'000, 40'000), 32);
    EXPECT_EQ(narrowest(global, 11, 1, 30, 30), 8);
    EXPECT_EQ(narrowest(global, 11, 1, 300, 300), 16);
    EXPECT_EQ(narrowest(global, 11, 1, 40'000, 40'000), 32);
    EXPECT_EQ(narrowest(global, 10'000, 10'000, 40'000, 40'000), 32);
    EXPECT_EQ(narrowest(global, 10'000, 10'000, 1'000'000, 1), 64);
}

TEST(AlignmentTest, dna_under_a_matrix_for_proteins_is_seen) {
    using jobs::looks_like_dna;
    std::string const dna = "ACGTNACGTUACGTACGTACGT";
    EXPECT_TRUE(looks_like_dna({{"a", dna}, {"b", "AC"}}, "blosum62"));
    EXPECT_TRUE(looks_like_dna({{"a", dna}}, "pam30"));
    EXPECT_FALSE(looks_like_dna({{"a", dna}}, "dnafull"));
    EXPECT_FALSE(looks_like_dna({{"a", dna}}, "nuc44"));
    EXPECT_FALSE(looks_like_dna({{"a", dna}, {"b", "ACW"}}, "blosum62"));
    EXPECT_FALSE(looks_like_dna({{"a", "GATTACA"}}, "blosum62")) << "may be a peptide";
}

}  // namespace
