// SPDX-License-Identifier: MIT
#include "rankpool/batch/job.hpp"
#include "rankpool/batch/output.hpp"
#include "rankpool/batch/output_file.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/rankpool.hpp"

#include "jobs/parts/alignment.hpp"
#include "jobs/parts/data_file.hpp"
#include "jobs/parts/heat_map.hpp"
#include "jobs/parts/pair_scores.hpp"
#include "jobs/parts/sequence_pairs.hpp"

#include <boost/serialization/nvp.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

using Sequences = std::vector<Sequence>;

constexpr std::size_t pairs_shown = 10;
/// Their scores take 4 GB, and the picture 800 MB.
constexpr std::size_t most_sequences = 44'000;
constexpr std::size_t most_in_image = 16'000;

struct PairScore {
    std::int32_t score = 0;
    std::uint64_t length_query = 0;
    std::uint64_t length_target = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(score) & BOOST_SERIALIZATION_NVP(length_query) &
            BOOST_SERIALIZATION_NVP(length_target);
    }
};

std::string check_matrix(std::string const& name) {
    return has_matrix(name)
               ? ""
               : name + " is no substitution matrix that Parasail has, such as blosum62 or pam250";
}

class Align {
  public:
    static constexpr char const* name = "align";
    static constexpr char const* summary = "Alignment scores of all pairs of sequences in a FASTA file";
    static constexpr char const* things = "pairs";
    /// Scores of version 1 may have gone round where the numbers of a kernel ended.
    static constexpr int version = 2;

    void add_options(batch::OptionSet& options) {
        options.add("--input", input_, "The sequences; - is stdin; 45 globins if not given")
            .type_name("FILE.fasta")
            .group(batch::input_group);
        options.add("--mode", mode_, "local: Smith-Waterman; global: Needleman-Wunsch")
            .one_of({"local", "global"});
        options.add("--matrix", scoring_.matrix, "Substitution matrix").check(check_matrix).type_name("NAME");
        options.add("--gap-open", scoring_.gap_open, "Cost of a gap's first residue").between(0, 10'000);
        options.add("--gap-extend", scoring_.gap_extend, "Cost of each further residue of a gap")
            .between(0, 10'000);
        options.add("--output", output_, "All scores as CSV; - is stdout, the table then goes to stderr")
            .type_name("FILE.csv")
            .group(batch::output_group);
        options.add("--image", image_, "A heat map of the scores")
            .type_name("FILE.png")
            .group(batch::output_group);
    }

    SequencePairs inputs() {
        scoring_.mode = mode_ == "local" ? AlignmentMode::local : AlignmentMode::global;
        auto const file = input_.empty() ? data_file("globins45.fasta").string() : input_;
        auto fasta = read_fasta(file, residues_of(scoring_.matrix));
        if (fasta.gaps > 0) {
            rankpool::say(
                fmt::format("{}: {} gaps ('-' and '.') between residues are left out", file, fasta.gaps));
        }
        sequences_ = std::move(fasta.records);
        check_count();
        if (looks_like_dna(sequences_, scoring_.matrix)) {
            rankpool::say("the sequences look like DNA, and " + scoring_.matrix +
                          " is a matrix for proteins. --matrix dnafull?");
        }
        if (to_file()) batch::OutputFile::check(output_);
        if (!image_.empty()) batch::OutputFile::check(image_);
        return SequencePairs{sequences_};
    }

    PairScore work(SequencePair const& pair) const {
        // Made in the worker with the first pair, and kept for those that follow.
        if (!tools_) tools_ = std::make_shared<Tools>(sequences_, scoring_);
        Sequence const& query = *tools_->by_name.at(pair.query);
        Sequence const& target = *tools_->by_name.at(pair.target);
        return {.score = tools_->aligner.score(query, target),
                .length_query = query.residues.size(),
                .length_target = target.residues.size()};
    }

    void finish(batch::Results<SequencePair, PairScore> const& results) const {
        PairScores scores{sequences_.size()};
        results.for_each([&](SequencePair const&, PairScore const& pair) {
            if (scores.is_complete()) throw batch::InputError("the results are of more pairs than there are");
            scores.add(pair.score);
        });
        report(scores);
    }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& sequences_& scoring_;
    }

  private:
    /// What finish() holds is known before hours of work.
    void check_count() const {
        auto const refuse = [&](std::size_t most, char const* what) {
            if (sequences_.size() <= most) return;
            throw batch::InputError(
                fmt::format("cannot align {} sequences ({} it is {} at most). Take fewer at a time?",
                            sequences_.size(), what, most));
        };
        refuse(most_sequences, "each with each other");
        if (!image_.empty()) refuse(most_in_image, "with --image");
    }

    [[nodiscard]] bool to_stdout() const { return output_ == "-"; }
    [[nodiscard]] bool to_file() const { return !output_.empty() && !to_stdout(); }

    void report(PairScores const& scores) const {
        if (!image_.empty() && scores.is_complete()) write_png(heat_map(scores), image_);
        if (to_file()) {
            batch::OutputFile file{output_};
            write_pair_csv(scores, sequences_, [&](std::string_view text) { file.write(text); });
            file.commit();
        }
        if (to_stdout())
            write_pair_csv(scores, sequences_, [](std::string_view text) { batch::print(text); });

        auto const best = best_pairs(scores, pairs_shown);
        std::string const title =
            fmt::format("Best {} of {} pairs ({}, {}, gaps {} + {} per further residue)\n", best.size(),
                        scores.all().size(), mode_, scoring_.matrix, scoring_.gap_open, scoring_.gap_extend);
        std::string const table = title + pair_table(best, sequences_);
        if (to_stdout()) {
            rankpool::tell(table);
        } else {
            batch::print(table);
        }
    }

    struct Tools {
        Tools(Sequences const& sequences, Scoring const& scoring) : aligner(scoring) {
            for (auto const& sequence : sequences) by_name.emplace(sequence.name, &sequence);
        }
        std::unordered_map<std::string, Sequence const*> by_name;
        Aligner aligner;
    };

    Sequences sequences_;
    mutable std::shared_ptr<Tools> tools_;
    std::string input_;
    std::string mode_ = "local";
    Scoring scoring_;
    std::string output_;
    std::string image_;
};

batch::Registered<Align> const registered;

}  // namespace
}  // namespace jobs
