// SPDX-License-Identifier: MIT
#include "rankpool/batch/job.hpp"
#include "rankpool/rankpool.hpp"

#include "jobs/parts/alignment.hpp"
#include "jobs/parts/data_file.hpp"
#include "jobs/parts/heat_map.hpp"
#include "jobs/parts/new_file.hpp"
#include "jobs/parts/numbers.hpp"
#include "jobs/parts/pair_scores.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

namespace jobs {
namespace {

namespace batch = rankpool::batch;

using Sequences = std::vector<Sequence>;

constexpr std::size_t pairs_shown = 10;

std::vector<std::int32_t> align_row(rankpool::Shared<Sequences> const& sequences, Scoring const& scoring,
                                    std::size_t row) {
    return score_row(sequences.get(), scoring, row);
}

std::string check_matrix(std::string const& name) {
    return has_matrix(name)
               ? ""
               : name + " is no substitution matrix that Parasail has, such as blosum62 or pam250";
}

class AlignJob : public batch::Job {
  public:
    std::string name() const override { return "align"; }
    std::string summary() const override {
        return "Alignment scores of all pairs of sequences in a FASTA file";
    }

    void add_options(CLI::App& command) override {
        auto const cost = CLI::Range(0, 10'000).description("0-10000");
        command.add_option("--input", input_, "The sequences; 45 globins if not given")
            ->type_name("FILE.fasta");
        command.add_option("--mode", mode_, "local: Smith-Waterman; global: Needleman-Wunsch")
            ->check(CLI::IsMember({"local", "global"}).description(""))
            ->type_name("local|global")
            ->capture_default_str();
        command.add_option("--matrix", scoring_.matrix, "Substitution matrix")
            ->check(CLI::Validator{check_matrix, ""})
            ->type_name("NAME")
            ->capture_default_str();
        command.add_option("--gap-open", scoring_.gap_open, "Cost of a gap's first residue")
            ->check(cost)
            ->capture_default_str();
        command.add_option("--gap-extend", scoring_.gap_extend, "Cost of each further residue of a gap")
            ->check(cost)
            ->capture_default_str();
        command
            .add_option("--output", output_, "All scores as CSV; - is stdout, the table then goes to stderr")
            ->type_name("FILE.csv");
        command.add_option("--image", image_, "A heat map of the scores")->type_name("FILE.png");
        command.callback([this] { check_options(); });
    }

    batch::ExitCode run(rankpool::Context& context, batch::Run& run) override {
        Sequences const sequences =
            read_fasta(input_.empty() ? data_file("globins45.fasta") : std::filesystem::path{input_},
                       residues_of(scoring_.matrix));
        if (to_file()) NewFile::check(output_);
        if (!image_.empty()) NewFile::check(image_);

        PairScores const scores = align(context, run, sequences);
        report(scores, sequences);
        return batch::ExitCode::success;
    }

  private:
    void check_options() {
        scoring_.mode = mode_ == "local" ? AlignmentMode::local : AlignmentMode::global;
        if (scoring_.gap_extend > scoring_.gap_open) {
            // Two gaps side by side would be cheaper than a long one.
            throw CLI::ValidationError("--gap-extend", fmt::format("{} is more than --gap-open, {}",
                                                                   scoring_.gap_extend, scoring_.gap_open));
        }
    }

    [[nodiscard]] bool to_stdout() const { return output_ == "-"; }
    [[nodiscard]] bool to_file() const { return !output_.empty() && !to_stdout(); }

    PairScores align(rankpool::Context& context, batch::Run& run, Sequences const& sequences) const {
        PairScores scores{sequences.size()};
        auto progress = run.progress("pairs", PairScores::count(sequences.size()));
        auto pool = context.pool();
        auto const shared = pool.broadcast(sequences);
        // The longest rows come first, so that none is late.
        Numbers const rows{sequences.size() - 1};
        for (auto const& row : pool.imap(rankpool::partial<align_row>(shared, scoring_), rows)) {
            scores.add_row(row);
            progress.advance(row.size());
        }
        return scores;
    }

    void report(PairScores const& scores, Sequences const& sequences) const {
        if (!image_.empty()) write_png(heat_map(scores), image_);
        if (to_file()) {
            NewFile file{output_};
            write_pair_csv(scores, sequences, [&](std::string_view text) { file.write(text); });
            file.commit();
        }
        if (to_stdout())
            write_pair_csv(scores, sequences, [](std::string_view text) { fmt::print("{}", text); });

        auto const best = best_pairs(scores, pairs_shown);
        std::string const title =
            fmt::format("Best {} of {} pairs ({}, {}, gaps {} + {} per further residue)\n", best.size(),
                        scores.all().size(), mode_, scoring_.matrix, scoring_.gap_open, scoring_.gap_extend);
        fmt::print(to_stdout() ? stderr : stdout, "{}{}", title, pair_table(best, sequences));
    }

    std::string input_;
    std::string mode_ = "local";
    Scoring scoring_;
    std::string output_;
    std::string image_;
};

batch::Registered<AlignJob> const registered;

}  // namespace
}  // namespace jobs
