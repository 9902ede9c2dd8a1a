// SPDX-License-Identifier: MIT
#include "app/cli.hpp"

#include "app/rank_zero.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace app {
namespace {

namespace batch = rankpool::batch;

std::string check_workers(std::string const& text) {
    bool const is_number = !text.empty() && text.size() < 5 && text[0] != '0' &&
                           text.find_first_not_of("0123456789") == std::string::npos;
    return is_number || text == "auto" ? "" : text + " is neither a number from 1 to 9999 nor auto";
}

batch::ProgressStyle progress_style(std::string const& word) {
    if (word == "bar") return batch::ProgressStyle::bar;
    if (word == "plain") return batch::ProgressStyle::plain;
    if (word == "none") return batch::ProgressStyle::none;
    return batch::progress_style_here();
}

// The program's commands and options; `job` is the one that was asked for, after parsing.
class CommandLine {
  public:
    CommandLine() {
        app_.set_version_flag("--version", "rankpool " RANKPOOL_VERSION);
        app_.require_subcommand(1);
        app_.set_help_all_flag("--help-all", "This, and the help of every command");
        app_.add_subcommand("list", "The jobs that this program has");
        run_ = app_.add_subcommand("run", "Runs a job on all ranks: mpirun -np 8 rankpool run JOB ...");
        run_->require_subcommand(1);
        for (batch::Job* job : batch::jobs()) add_job(*job);
    }

    void parse(int argc, char** argv) { app_.parse(argc, argv); }

    CLI::App& app() { return app_; }
    // Null for `list`.
    batch::Job* job() { return run_->parsed() ? jobs_.at(run_->get_subcommands().front()) : nullptr; }
    std::string const& workers() const { return workers_; }
    std::string const& progress() const { return progress_; }

    // The words after which --help tells more about a mistake.
    std::string help_words() {
        std::string words = "rankpool";
        for (CLI::App* at = &app_; !at->get_subcommands().empty();) {
            at = at->get_subcommands().front();
            words += " " + at->get_name();
        }
        return words;
    }

  private:
    void add_job(batch::Job& job) {
        CLI::App* const command = run_->add_subcommand(job.name(), job.summary());
        jobs_.emplace(command, &job);
        job.add_options(*command);
        command
            ->add_option("--workers-per-rank", workers_,
                         "Processes that work for each rank; auto: one for each core")
            ->check(CLI::Validator{check_workers, ""})
            ->type_name("N|auto")
            ->group("Run options");
        command->add_option("--progress", progress_, "How far the work is, on stderr")
            ->check(CLI::IsMember({"auto", "bar", "plain", "none"}).description(""))
            ->type_name("auto|bar|plain|none")
            ->capture_default_str()
            ->group("Run options");
    }

    CLI::App app_{"Scientific jobs on all cores of one computer or a cluster."};
    CLI::App* run_ = nullptr;
    std::map<CLI::App*, batch::Job*> jobs_;
    std::string workers_;
    std::string progress_ = "auto";
};

void print_jobs() {
    for (batch::Job const* job : batch::jobs()) fmt::print("{:<12} {}\n", job->name(), job->summary());
}

std::string listed(std::vector<std::string> const& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

// Complains of a first word that is no command, or a second that is no job; CLI11 would only say that one is
// missing.
std::string unknown_word(int argc, char** argv) {
    std::vector<std::string> const words(argv + std::min(argc, 1), argv + argc);
    std::vector<std::string> const commands{"list", "run"};
    if (words.empty() || words[0].starts_with('-')) return {};
    if (std::ranges::find(commands, words[0]) == commands.end()) {
        return fmt::format("cannot {} (there is no such command). There is {}.", words[0], listed(commands));
    }
    if (words[0] != "run" || words.size() < 2 || words[1].starts_with('-')) return {};
    std::vector<std::string> names;
    for (batch::Job const* job : batch::jobs()) names.push_back(job->name());
    if (std::ranges::find(names, words[1]) != names.end()) return {};
    return fmt::format("cannot run {} (there is no such job). There is {}.", words[1], listed(names));
}

Command finished(batch::ExitCode code) {
    return {.exit_code = is_rank_zero() ? code : batch::ExitCode::success};
}

Command complain(std::string const& text) {
    if (is_rank_zero()) fmt::print(stderr, "rankpool: {}\n", text);
    return finished(batch::ExitCode::wrong_use);
}

}  // namespace

Command parse(int argc, char** argv) {
    if (std::string const text = unknown_word(argc, argv); !text.empty()) return complain(text);
    CommandLine line;
    try {
        line.parse(argc, argv);
    } catch (CLI::Success const& wanted) {
        if (is_rank_zero()) line.app().exit(wanted);
        return finished(batch::ExitCode::success);
    } catch (CLI::Error const& error) {
        return complain(fmt::format("cannot understand the command line ({}). See {} --help", error.what(),
                                    line.help_words()));
    }
    batch::Job* const job = line.job();
    if (!job) {
        if (is_rank_zero()) print_jobs();
        return finished(batch::ExitCode::success);
    }
    if (!line.workers().empty()) ::setenv("RANKPOOL_WORKERS_PER_RANK", line.workers().c_str(), 1);
    return {.job = job, .progress = progress_style(line.progress())};
}

}  // namespace app
