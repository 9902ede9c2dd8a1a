// SPDX-License-Identifier: MIT
#include "rankpool/batch/cli/submit.hpp"

#include "rankpool/batch/command/child_process.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/job/option_text.hpp"
#include "rankpool/batch/launch/batch_script.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/core/log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string_view>

namespace fs = std::filesystem;

namespace rankpool::batch {
namespace {

std::string this_program() {
    std::error_code error;
    auto const file = fs::read_symlink("/proc/self/exe", error);
    if (error)
        throw InputError("cannot submit (this program's own file is not known: " + error.message() + ")");
    return file.string();
}

std::string without_end_of_line(std::string text) {
    text.erase(text.find_last_not_of(" \r\n") + 1);
    return text;
}

/// Takes `--option VALUE` or `--option=VALUE` out of the words before `--`.
std::optional<std::string> take_option(std::vector<std::string>& words, std::string const& option) {
    auto const end = std::ranges::find(words, "--");
    for (auto at = words.begin(); at != end; ++at) {
        if (at->starts_with(option + "=")) {
            std::string value = at->substr(option.size() + 1);
            words.erase(at);
            return value;
        }
        if (*at == option && std::next(at) != end) {
            std::string value = *std::next(at);
            words.erase(at, at + 2);
            return value;
        }
    }
    return std::nullopt;
}

/// Among the words before `--`.
bool has_flag(std::vector<std::string> const& words, std::string const& flag) {
    auto const end = std::ranges::find(words, "--");
    return std::find(words.begin(), end, flag) != end;
}

/// Takes a word out of those before `--`.
bool take_flag(std::vector<std::string>& words, std::string const& flag) {
    if (!has_flag(words, flag)) return false;
    words.erase(std::ranges::find(words, flag));
    return true;
}

bool is_control(char c) {
    auto const code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7f;
}

}  // namespace

void SubmitCommand::take_words(std::vector<std::string>& words) {
    if (words.empty() || words[0] != name) return;
    typed_ = words;
    auto const border = std::ranges::find(words, "--");
    if (border == words.end()) return;
    words_.assign(std::next(border), words.end());
    words.erase(border, words.end());
}

ExitCode SubmitCommand::execute(std::vector<std::string> options) {
    options_ = std::move(options);
    read_options();
    check_words();
    std::string const run_dir = choose_run_dir();
    if (is_array()) {
        say(fmt::format(
            "the jobs of this array do the same work each, unless their script is made to use {}; one "
            "job with all rows needs no array",
            system_->array_variable()));
    }
    try {
        add_output(run_dir);
        check_options();
    } catch (InputError const&) {
        if (is_reserved_) RunDirectory::give_back_name(run_dir);
        throw;
    }
    std::vector<std::string> typed{program_name_};
    typed.insert(typed.end(), typed_.begin(), typed_.end());
    auto const script =
        batch_script({system_, job_name(), typed, options_, words_, this_program(), run_dir, launcher_});
    if (!dry_run_) return give_to_system(script, run_dir);
    print(script);
    return ExitCode::success;
}

void SubmitCommand::read_options() {
    dry_run_ = take_flag(options_, "--dry-run");
    system_ = &BatchSystem::to_submit_to(take_option(options_, "--system").value_or(""));
    launcher_ = take_option(options_, "--launcher").value_or("");
    auto const launchers = system_->launchers();
    if (launcher_.empty() || std::ranges::find(launchers, launcher_) != launchers.end()) return;
    throw InputError(
        fmt::format("cannot start ranks by '{}' (it must be {})", launcher_, fmt::join(launchers, " or ")));
}

bool SubmitCommand::is_array() const {
    return std::ranges::any_of(options_, [&](auto const& option) { return system_->says_array(option); });
}

/// For queues: the job, or what exec runs.
std::string SubmitCommand::job_name() const {
    if (words_[0] == "run") return words_[1];
    auto const border = std::ranges::find(words_, "--");
    bool const has_program = border != words_.end() && std::next(border) != words_.end();
    auto const program = has_program ? fs::path{*std::next(border)}.filename().string() : "";
    bool const is_plain = !program.empty() && std::ranges::all_of(program, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    });
    return is_plain ? "exec-" + program : "exec";
}

void SubmitCommand::add_output(std::string const& run_dir) {
    auto const says_output = [&](auto const& option) { return system_->says_output(option); };
    if (std::ranges::any_of(options_, says_output)) return;
    auto const more = system_->output_options(run_dir, is_array());
    options_.insert(options_.end(), more.begin(), more.end());
}

/// They become one line of the script, which the batch system reads.
void SubmitCommand::check_options() const {
    for (auto const& option : options_) {
        if (std::ranges::none_of(option, is_control)) continue;
        throw InputError(
            fmt::format("cannot submit ({}'s option '{}' has a control character, which no batch "
                        "script can have in its options). Leave it out?",
                        system_->submitter(), option));
    }
}

/// What is wrong with the job's words should not be told after a night of waiting: the program itself looks.
void SubmitCommand::check_words() {
    if (words_.empty() || (words_[0] != "run" && words_[0] != "exec")) {
        throw InputError("cannot submit (no run or exec comes after --). Type " + program_name_ +
                         " submit --nodes=2 --time=8:00:00 -- run JOB ...?");
    }
    auto const border = std::ranges::find(words_, "--");
    for (std::string const wrong :
         {"--help", "-h", "--help-all", "--version", "--dump-config", "--dry-run"}) {
        if (std::find(words_.begin(), border, wrong) == border) continue;
        throw InputError(fmt::format("cannot submit ({} starts no run). Type it without submit{}?", wrong,
                                     wrong == "--dry-run" ? ", or before --" : ""));
    }
    std::vector<std::string> words{this_program(), words_[0], "--dump-config"};
    // After the job, whose options they are.
    if (words_[0] == "run") words.pop_back();
    words.insert(words.end(), std::next(words_.begin()), words_.end());
    if (words_[0] == "run") words.emplace_back("--dump-config");
    auto const checked = run_child(words);
    if (checked.wait_status == 0) {
        seed_ = seed_in(checked.out);
        return;
    }
    auto text = without_end_of_line(checked.err);
    std::string const prefix = program_name_ + ": ";
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    throw InputError(text);
}

std::string SubmitCommand::choose_run_dir() {
    auto chosen = take_option(words_, "--run-dir");
    if (chosen && chosen->empty()) chosen.reset();
    bool const resumes = take_flag(words_, "--resume") || has_flag(words_, "--force-resume");
    std::string const job = words_[0] == "exec" ? "exec" : words_.at(1);
    fs::path directory = chosen.value_or("");
    if (!chosen && resumes) {
        directory = RunDirectory::newest(job, seed_).path();
    } else if (!chosen) {
        is_reserved_ = !dry_run_;
        directory = dry_run_ ? RunDirectory::next_name(job) : RunDirectory::reserve_name(job);
    }
    if (resumes) RunDirectory{directory}.open();
    // The batch script starts where this command was typed, unless --chdir says otherwise.
    std::error_code error;
    auto const path = fs::absolute(directory, error).lexically_normal();
    if (error) throw InputError("cannot submit (the folder here is not known: " + error.message() + ")");
    return path.string();
}

ExitCode SubmitCommand::give_to_system(std::string const& script, std::string const& run_dir) const {
    fs::path const file = run_dir + ".sbatch";
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    try {
        AtomicFile kept{file};
        kept.write(script);
        kept.commit();
    } catch (FileError const& failure) {
        throw InputError(failure.what());
    }
    std::vector<std::string> words{std::string{system_->submitter()}, std::string{system_->terse()}};
    words.insert(words.end(), options_.begin(), options_.end());
    words.push_back(file);
    ChildResult said;
    try {
        said = run_child(words);
    } catch (Error const&) {
        throw InputError(
            fmt::format("cannot submit (there is no {} on this computer); the batch script is {}. "
                        "Type this where the batch system is?",
                        system_->submitter(), file.string()));
    }
    if (said.wait_status != 0) {
        throw InputError("cannot submit (" + without_end_of_line(said.err) + "); the batch script is " +
                         file.string());
    }
    tell(said.err);
    std::string const id = said.out.substr(0, said.out.find_first_of(";.\n"));
    print(fmt::format("job      {}\nscript   {}\nresults  {}\n", id, file.string(), run_dir));
    return ExitCode::success;
}

}  // namespace rankpool::batch
