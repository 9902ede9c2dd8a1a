// SPDX-License-Identifier: MIT
#include "rankpool/batch/run_options.hpp"

#include "rankpool/batch/option_text.hpp"
#include "rankpool/batch/quantity.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>

namespace rankpool::batch {
namespace {

constexpr std::uint64_t most_inputs = 999'999'999'999;

std::string check_workers(std::string const& text) {
    bool const is_number = !text.empty() && text.size() < 5 && text[0] != '0' &&
                           text.find_first_not_of("0123456789") == std::string::npos;
    return is_number || text == "auto" ? "" : text + " is neither a number from 1 to 9999 nor auto";
}

std::string check_count(std::string const& text, std::uint64_t most) {
    bool const is_number =
        !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos;
    bool const fits = is_number && std::stoull(text) <= most;
    return fits ? "" : text + " is no number from 0 to " + std::to_string(most);
}

std::string check_duration(std::string const& text) {
    auto const duration = parse_duration(text);
    return duration && duration->count() > 0 ? "" : text + " is no duration, such as 90s, 1h30m or 1:30:00";
}

std::string check_size(std::string const& text) {
    auto const size = parse_size(text);
    return size && *size > 0 ? "" : text + " is no size in bytes, such as 512M or 2g";
}

std::string check_share(std::string const& text) {
    return parse_share(text) ? "" : text + " is neither a number of tasks nor a share, such as 5%";
}

ProgressStyle style_of(std::string const& word) {
    if (word == "bar") return ProgressStyle::bar;
    if (word == "plain") return ProgressStyle::plain;
    if (word == "none") return ProgressStyle::none;
    return progress_style_here();
}

void declare_recorded(CLI::App& command, RunSettings& settings) {
    command.add_option("--run-dir", settings.run_dir, "Where results go; runs/<job>-<time> if not given")
        ->type_name("FOLDER");
    command.add_flag("--resume", settings.resume,
                     "Goes on with a run: that of --run-dir, or else the newest of this job");
    command.add_flag("--force-resume", settings.force_resume, "The same although options have changed");
    command
        .add_flag("--retry-failed,!--no-retry-failed", settings.retry_failed,
                  "With --resume, tries again what has failed")
        ->default_str("true");
    command.add_option("--retries", settings.retries, "How often a task that fails is tried again at once")
        ->check(CLI::Validator{[](std::string const& text) { return check_count(text, 1000); }, ""})
        ->type_name("N")
        ->capture_default_str();
    command.add_option("--timeout", settings.timeout, "A task that takes longer is ended and fails")
        ->check(CLI::Validator{check_duration, ""})
        ->type_name("DURATION");
    command
        .add_option("--memory-limit", settings.memory_limit,
                    "A worker (exec: a command with all it starts) that takes more is ended, its task fails")
        ->check(CLI::Validator{check_size, ""})
        ->type_name("SIZE");
    command
        .add_option("--time-limit", settings.time_limit,
                    "Ends before this time is over, to be resumed; in a Slurm job it knows the job's limit")
        ->check(CLI::Validator{check_duration, ""})
        ->type_name("DURATION");
    command
        .add_option("--time-margin", settings.time_margin,
                    "Kept free at the end; if not given, 5 % of the time, 10s to 60s in a Slurm job")
        ->check(CLI::Validator{check_duration, ""})
        ->type_name("DURATION");
    command.add_option("--max-fails", settings.max_fails, "Gives up when more tasks than that have failed")
        ->check(CLI::Validator{check_share, ""})
        ->type_name("N|P%");
    command.add_flag("--fail-fast", settings.fail_fast, "Gives up at the first failure");
    command.add_option("--limit", settings.limit, "Only the first N inputs; 0: all")
        ->check(CLI::Validator{[](std::string const& text) { return check_count(text, most_inputs); }, ""})
        ->type_name("N")
        ->capture_default_str();
    command.add_flag("--shuffle", settings.shuffle, "In random order (among the next 100 000 inputs)");
    command.add_flag("--dry-run", settings.dry_run, "Tells what would run, and what is done already");
}

}  // namespace

void RunOptions::declare(CLI::App& command, bool recorded) {
    std::size_t const before = command.get_options().size();
    command
        .add_option("--workers-per-rank", workers,
                    "Processes that work for each rank; auto: one for each core")
        ->check(CLI::Validator{check_workers, ""})
        ->type_name("N|auto");
    command.add_option("--progress", progress, "How far the work is, on stderr")
        ->check(CLI::IsMember({"auto", "bar", "plain", "none"}).description(""))
        ->type_name("auto|bar|plain|none")
        ->capture_default_str();
    if (recorded) declare_recorded(command, settings);
    command.add_flag("--dump-config", dump_config, "Prints the options as TOML, for --config, and ends");
    command.add_option("--config", "Reads options from a TOML file; what is typed counts more")
        ->type_name("FILE");
    auto const options = command.get_options();
    for (auto at = before; at < options.size(); ++at) options[at]->group(run_group);
}

void RunOptions::settle() {
    settings.resume |= settings.force_resume;
    settings.progress = style_of(progress);
    if (!workers.empty()) ::setenv("RANKPOOL_WORKERS_PER_RANK", workers.c_str(), 1);
}

}  // namespace rankpool::batch
