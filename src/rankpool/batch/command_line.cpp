// SPDX-License-Identifier: MIT
#include "rankpool/batch/command_line.hpp"

#include "rankpool/batch/batch_script.hpp"
#include "rankpool/batch/check_job.hpp"
#include "rankpool/batch/commands.hpp"
#include "rankpool/batch/exec_job.hpp"
#include "rankpool/batch/option_text.hpp"
#include "rankpool/batch/rank_zero.hpp"
#include "rankpool/batch/run_options.hpp"
#include "rankpool/batch/store_error.hpp"
#include "rankpool/batch/submit.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/outside.hpp"
#include "rankpool/core/printable.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <vector>

namespace rankpool::batch {
namespace {

std::string listed(std::vector<std::string> const& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

void print_jobs() {
    for (Job const* job : jobs()) fmt::print("{:<12} {}\n", job->name(), job->summary());
}

// Complains of a first word that is no command, or a second that is no job; CLI11 would only say that one is
// missing.
std::string unknown_word(std::vector<std::string> const& words, CLI::App& app) {
    std::vector<std::string> commands;
    for (CLI::App const* command : app.get_subcommands({})) commands.push_back(command->get_name());
    std::ranges::sort(commands);
    if (words.empty() || words[0].starts_with('-')) return {};
    if (std::ranges::find(commands, words[0]) == commands.end()) {
        return fmt::format("cannot {} (there is no such command). There is {}.", words[0], listed(commands));
    }
    if (words[0] != "run" || (words.size() > 1 && words[1].starts_with('-'))) return {};
    std::vector<std::string> names;
    for (Job const* job : jobs()) names.push_back(job->name());
    if (words.size() == 1) return fmt::format("cannot run (no job is named). There is {}.", listed(names));
    if (std::ranges::find(names, words[1]) != names.end()) return {};
    return fmt::format("cannot run {} (there is no such job). There is {}.", words[1], listed(names));
}

}  // namespace

class CommandLine::Parser {
  public:
    Parser(ProgramInfo info, int argc, char** argv)
        : info_(std::move(info)),
          app_(info_.summary, info_.name),
          words_(argv + std::min(argc, 1), argv + argc),
          command_(info_.name) {
        // As it can be typed again.
        for (auto const& word : words_) command_ += " " + quoted_for_shell(word);
        app_.set_version_flag("--version", info_.name + " " + info_.version);
        app_.require_subcommand(1);
        app_.set_help_all_flag("--help-all", "This, and the help of every command");
        list_ = app_.add_subcommand("list", "The jobs that this program has");
        run_ = app_.add_subcommand("run",
                                   "Runs a job on all ranks: mpirun -np 8 " + info_.name + " run JOB ...");
        run_->require_subcommand(1);
        for (Job* job : jobs()) add_job(*run_, *job);
        add_job(app_, *exec_);
        add_job(app_, *check_);
        for (Job* command : commands()) add_job(app_, *command);
    }

    /// Nothing where there is a job to run.
    std::optional<ExitCode> parse() {
        if (std::string const text = unknown_word(words_, app_); !text.empty()) return complain(text);
        try {
            auto words = words_;
            submit_.take_words(words);
            words = with_config(words);
            std::ranges::reverse(words);
            app_.parse(words);
            return begin();
        } catch (CLI::Success const& wanted) {
            if (is_rank_zero()) app_.exit(wanted);
            return ExitCode::success;
        } catch (CLI::Error const& error) {
            return complain(fmt::format("cannot understand the command line ({}). See {} --help",
                                        error.what(), help_words()));
        } catch (InputError const& error) {
            return complain(error.what());
        } catch (StoreError const& error) {
            complain(error.what());
            return ExitCode::stopped_early;
        }
    }

    ExitCode run(Context& context) {
        CLI::App* const command = chosen();
        Invocation const invocation{.program = info_.name + " " + info_.version,
                                    .command = command_,
                                    .job_options = options_in_force(*command, Which::job),
                                    .run_options = options_in_force(*command, Which::run)};
        Run run{options_.settings, invocation};
        return jobs_.at(command)->run(context, run);
    }

    std::string job_name() { return jobs_.at(chosen())->name(); }

  private:
    void add_job(CLI::App& parent, Job& job) {
        CLI::App* const command = parent.add_subcommand(job.name(), job.summary());
        jobs_.emplace(command, &job);
        // A run is told apart from others by its options, defaults among them.
        command->option_defaults()->always_capture_default();
        job.add_options(*command);
        options_.declare(*command, job.is_recorded());
    }

    /// The command of the job that is to be run; null where there is none.
    CLI::App* chosen() {
        for (auto const& [command, job] : jobs_) {
            if (command->parsed()) return command;
        }
        return nullptr;
    }

    std::optional<ExitCode> begin() {
        CLI::App const* const command = chosen();
        bool const checks = command && jobs_.at(chosen()) == check_.get();
        if (auto const problem = checks ? problem_before_mpi() : ""; !problem.empty()) {
            if (is_rank_zero()) fmt::print("problem: {}\n", problem);
            return ExitCode::tasks_failed;
        }
        if (command && !options_.dump_config) {
            options_.settle();
            return std::nullopt;
        }
        if (!is_rank_zero()) return ExitCode::success;
        if (command) {
            fmt::print("{}", as_toml(help_words(), options_in_force(*command, Which::all)));
            return ExitCode::success;
        }
        if (auto const code = looking_.execute()) return code;
        if (auto const code = submit_.execute()) return code;
        print_jobs();
        return ExitCode::success;
    }

    // The words after which --help tells more about a mistake.
    std::string help_words() {
        std::string words = info_.name;
        for (CLI::App* at = &app_; !at->get_subcommands().empty();) {
            at = at->get_subcommands().front();
            words += " " + at->get_name();
        }
        return words;
    }

    ExitCode complain(std::string const& text) const {
        if (!is_rank_zero()) return ExitCode::success;
        fmt::print(stderr, "{}: {}\n", info_.name, printable(text));
        return ExitCode::wrong_use;
    }

    ProgramInfo info_;
    CLI::App app_;
    std::vector<std::string> words_;
    std::string command_;
    CLI::App* list_ = nullptr;
    CLI::App* run_ = nullptr;
    std::unique_ptr<Job> exec_ = make_exec_job();
    std::unique_ptr<Job> check_ = make_check_job();
    RunCommands looking_{app_};
    SubmitCommand submit_{app_};
    std::map<CLI::App*, Job*> jobs_;
    RunOptions options_;
};

CommandLine::CommandLine(ProgramInfo const& info, int argc, char** argv)
    : parser_(std::make_unique<Parser>(info, argc, argv)) {
    if (auto const code = parser_->parse()) {
        exit_code_ = *code;
        parser_.reset();
    }
}

CommandLine::CommandLine(CommandLine&&) noexcept = default;
CommandLine::~CommandLine() = default;

bool CommandLine::is_done() const {
    return !parser_;
}

int CommandLine::run(Context& context) const {
    auto code = ExitCode::program_failed;
    try {
        code = parser_->run(context);
    } catch (InputError const& error) {
        say(error.what());
        code = ExitCode::wrong_use;
    } catch (StoreError const& error) {
        say(error.what());
        code = ExitCode::stopped_early;
    } catch (StoppedFromOutside const& error) {
        say(error.what());
        code = ExitCode::stopped_early;
    } catch (TaskError const& error) {
        say(error.what());
        code = ExitCode::tasks_failed;
    } catch (...) {
        auto const error = describe_current_exception();
        say("the job " + parser_->job_name() + " failed (" + error.type_name + ": " + error.message + ")");
    }
    return static_cast<int>(code);
}

}  // namespace rankpool::batch
