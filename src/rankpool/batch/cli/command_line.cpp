// SPDX-License-Identifier: MIT
#include "rankpool/batch/cli/command_line.hpp"

#include "rankpool/batch/check/check_job.hpp"
#include "rankpool/batch/cli/commands.hpp"
#include "rankpool/batch/cli/submit.hpp"
#include "rankpool/batch/exec/exec_job.hpp"
#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/files/store_error.hpp"
#include "rankpool/batch/job/option_text.hpp"
#include "rankpool/batch/job/run_options.hpp"
#include "rankpool/batch/launch/rank_zero.hpp"
#include "rankpool/batch/launch/script_words.hpp"
#include "rankpool/batch/store/key.hpp"
#include "rankpool/batch/text/nearest_name.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/outside.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/core/standard_files.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <vector>

namespace rankpool::batch {
namespace {

std::string listed(std::vector<std::string> const& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

void print_jobs() {
    for (Job const* job : jobs()) print(fmt::format("{:<12} {}\n", job->name(), job->summary()));
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

/// A file or folder that may not be looked at, or cannot be.
std::string text_of(std::filesystem::filesystem_error const& error) {
    return fmt::format("cannot use {} ({}). Is its name right, and may you?", error.path1().string(),
                       error.code().message());
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
        for (auto const& command : looking_) {
            OptionSet options{*app_.add_subcommand(command->name(), command->summary())};
            command->add_options(options);
            take_back_plain_words(options.command());
        }
        submit_app_ = app_.add_subcommand(SubmitCommand::name, SubmitCommand::summary);
        submit_app_->prefix_command();
        submit_app_->footer(SubmitCommand::footer);
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
        auto const code = understand_safely();
        if (!code) return code;
        // What comes of help, lists and looks at runs is results as well.
        auto const problem = end_output();
        return problem.empty() ? code
                               : complain(problem + ". Is there room for it?", ExitCode::output_failed);
    }

    ExitCode run(Context& context) {
        CLI::App* const command = chosen();
        Invocation const invocation{.program = info_.name + " " + info_.version,
                                    .command = command_,
                                    .job_options = options_in_force(*command, Which::job),
                                    .run_options = options_in_force(*command, Which::run)};
        JobContext run{options_.settings, invocation};
        return jobs_.at(command)->run(context, run);
    }

    std::string job_name() { return jobs_.at(chosen())->name(); }

  private:
    /// Whatever goes wrong ends in a sentence.
    std::optional<ExitCode> understand_safely() {
        try {
            return understand();
        } catch (InputError const& error) {
            return complain(error.what());
        } catch (StoreError const& error) {
            return complain(error.what(), ExitCode::stopped_early);
        } catch (std::filesystem::filesystem_error const& error) {
            return complain(text_of(error));
        } catch (...) {
            auto const error = describe_current_exception();
            return complain("failed (" + error.type_name + ": " + error.message + ")",
                            ExitCode::program_failed);
        }
    }

    std::optional<ExitCode> understand() {
        if (std::string const text = unknown_word(words_, app_); !text.empty()) return complain(text);
        auto words = words_;
        try {
            submit_.take_words(words);
            words = with_config(words, command_of(words));
            words = with_empty_values(words, command_of(words));
            bool const is_exec = !words.empty() && words.front() == exec_->name();
            auto reversed = is_exec ? as_plain_words(words) : words;
            std::ranges::reverse(reversed);
            app_.parse(reversed);
        } catch (CLI::Success const& wanted) {
            std::ostringstream text;
            app_.exit(wanted, text);
            if (is_rank_zero()) print(text.str());
            return ExitCode::success;
        } catch (CLI::Error const& error) {
            auto why = unknown_option(command_of(words));
            if (why.empty()) why = stray_word(command_of(words));
            if (why.empty()) why = without_plain_marks(error.what());
            return complain(
                fmt::format("cannot understand the command line ({}). See {} --help", why, help_words()));
        }
        return begin();
    }

    /// The command, or the job, that the words begin with; null where there is none.
    CLI::App* command_of(std::vector<std::string> const& words) {
        CLI::App* at = &app_;
        for (auto const& word : words) {
            auto const below =
                at->get_subcommands([&](CLI::App* command) { return command->get_name() == word; });
            if (below.empty()) break;
            at = below.front();
        }
        return at == &app_ ? nullptr : at;
    }

    /// What is said of an option that the command has not got, where that is the mistake.
    static std::string unknown_option(CLI::App const* command) {
        if (!command) return {};
        for (auto const& word : command->remaining()) {
            if (!word.starts_with("-") || word == "--") continue;
            std::vector<std::string> names;
            for (auto const* option : command->get_options()) names.push_back(option->get_name());
            auto const typed = word.substr(0, word.find('='));
            auto const nearest = nearest_name(typed, names);
            return "there is no option " + typed + (nearest.empty() ? "" : "; did you mean " + nearest + "?");
        }
        return {};
    }

    /// What is said of a word before -- that was taken for the first of the command, which leaves no room for
    /// what is after it.
    std::string stray_word(CLI::App const* command) {
        auto const* const taken = command ? command->get_option_no_throw("command") : nullptr;
        if (!taken || taken->count() == 0 || std::ranges::none_of(app_.remaining(true), is_plain_word))
            return {};
        return "'" + taken->results().front() + "' before --, after which the command comes";
    }

    void add_job(CLI::App& parent, Job& job) {
        CLI::App* const command = parent.add_subcommand(job.name(), job.summary());
        jobs_.emplace(command, &job);
        // A run is told apart from others by its options, defaults among them.
        command->option_defaults()->always_capture_default();
        OptionSet options{*command};
        job.add_options(options);
        options_.declare(options, job.is_recorded());
        take_back_plain_words(*command);
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
            if (is_rank_zero()) print(fmt::format("problem: {}\n", problem));
            return ExitCode::tasks_failed;
        }
        if (command && !options_.dump_config) {
            options_.settle();
            return std::nullopt;
        }
        if (!is_rank_zero()) return ExitCode::success;
        if (command) {
            RunRecord run;
            run.job = job_name();
            run.options = options_in_force(*command, Which::job);
            print(as_toml(help_words(), seed_of(run), *command));
            return ExitCode::success;
        }
        if (submit_app_->parsed()) return submit_.execute(submit_app_->remaining());
        // What is larger than a file may become is told as other errors of the disk are.
        ::signal(SIGXFSZ, SIG_IGN);
        for (auto const& looking : looking_) {
            if (app_.got_subcommand(looking->name())) looking->execute();
        }
        if (list_->parsed()) print_jobs();
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

    ExitCode complain(std::string const& text, ExitCode code = ExitCode::wrong_use) const {
        if (!is_rank_zero()) return ExitCode::success;
        tell(fmt::format("{}: {}\n", info_.name, printable(text)));
        return code;
    }

    ProgramInfo info_;
    CLI::App app_;
    std::vector<std::string> words_;
    std::string command_;
    CLI::App* list_ = nullptr;
    CLI::App* run_ = nullptr;
    std::unique_ptr<Job> exec_ = make_exec_job();
    std::unique_ptr<Job> check_ = make_check_job();
    std::vector<std::unique_ptr<RunCommand>> looking_ = run_commands();
    CLI::App* submit_app_ = nullptr;
    SubmitCommand submit_{info_.name};
    std::map<CLI::App*, Job*> jobs_;
    RunOptions options_;
};

CommandLine::CommandLine(ProgramInfo const& info, int argc, char** argv) {
    open_standard_files();
    parser_ = std::make_unique<Parser>(info, argc, argv);
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
    // Also what a job prints by other ways than `print` must not end it when the reader has left.
    ::signal(SIGPIPE, SIG_IGN);
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
    } catch (std::filesystem::filesystem_error const& error) {
        say(text_of(error));
        code = ExitCode::wrong_use;
    } catch (...) {
        // Some ways to print throw.
        code = end_output().empty() ? ExitCode::program_failed : ExitCode::output_failed;
        auto const error = describe_current_exception();
        say("the job " + parser_->job_name() + " failed (" + error.type_name + ": " + error.message + ")");
    }
    auto const problem = end_output();
    if (!problem.empty() && (code == ExitCode::success || code == ExitCode::tasks_failed)) {
        say(problem + ". Is there room for it?");
        code = ExitCode::output_failed;
    }
    return static_cast<int>(code);
}

}  // namespace rankpool::batch
