// SPDX-License-Identifier: MIT
#include "rankpool/batch/job/run_options.hpp"

#include "rankpool/batch/job/option_text.hpp"
#include "rankpool/batch/job/retry_rules.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/job_environment.hpp"

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

std::string check_timeout(std::string const& text) {
    return parse_percent(text) ? "" : check_duration(text);
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

void declare_recorded(OptionSet& options, RunSettings& settings) {
    options.add("--run-dir", settings.run_dir, "Where results go; runs/<job>-<time> if not given")
        .type_name("FOLDER")
        .group(run_group);
    options
        .add_flag("--resume", settings.resume,
                  "Goes on with a run: that of --run-dir, or else the newest of this job")
        .group(run_group);
    options.add_flag("--force-resume", settings.force_resume, "The same although options have changed")
        .group(run_group);
    options
        .add_flag("--retry-failed,!--no-retry-failed", settings.retry_failed,
                  "With --resume, tries again what has failed")
        .default_text("true")
        .group(run_group);
    options.add("--retries", settings.retries, "How often a task that fails is tried again at once")
        .check([](std::string const& text) { return check_count(text, 1000); })
        .type_name("N")
        .group(run_group);
    options
        .add("--retry", settings.retry_causes,
             "Only failures of this cause are tried again: exit=3,75 exit signal=9 signal timeout oom (of "
             "exec: with half "
             "as much more) lost all; if not given, all but commands that cannot start or leave with 2")
        .one_by_one()
        .check(RetryRules::problem_of)
        .type_name("CAUSE")
        .group(run_group);
    options.add("--retry-delay", settings.retry_delay, "How long after the failure; 10s*2 doubles each time")
        .check([](std::string const& text) {
            return parse_retry_delay(text) ? "" : text + " is no delay, such as 10s or 10s*2";
        })
        .type_name("DURATION[*F]")
        .group(run_group);
    options
        .add("--halt", settings.halt,
             "Ends early: now,fail=1 soon,fail=10% now,success=1; now ends what runs")
        .check([](std::string const& text) {
            return parse_halt(text) ? "" : text + " is none of now|soon,fail|success=N|P%";
        })
        .type_name("WHEN,WHY=N")
        .group(run_group);
    options
        .add("--timeout", settings.timeout,
             "A task that takes longer is ended and fails; exec: also 300% of the others' median")
        .check(check_timeout)
        .type_name("DURATION")
        .group(run_group);
    options
        .add("--memory-limit", settings.memory_limit,
             "A worker (exec: a command with all it starts) that takes more is ended, its task fails")
        .check(check_size)
        .type_name("SIZE")
        .group(run_group);
    options
        .add("--time-limit", settings.time_limit,
             "Ends before this time is over, to be resumed; in a Slurm job it knows the job's limit")
        .check(check_duration)
        .type_name("DURATION")
        .group(run_group);
    options
        .add("--time-margin", settings.time_margin,
             "Kept free at the end; if not given, 5 % of the time, 10s to 60s in a Slurm job")
        .check(check_duration)
        .type_name("DURATION")
        .group(run_group);
    options.add("--max-fails", settings.max_fails, "Gives up when more tasks than that have failed")
        .check(check_share)
        .type_name("N|P%")
        .group(run_group);
    options.add_flag("--fail-fast", settings.fail_fast, "Gives up at the first failure").group(run_group);
    options.add("--limit", settings.limit, "Only the first N inputs; 0: all")
        .check([](std::string const& text) { return check_count(text, most_inputs); })
        .type_name("N")
        .group(run_group);
    options.add("--bind", settings.bind, "auto: each worker has a core for itself, where there are enough")
        .one_of({"auto", "none"})
        .group(run_group);
    options.add_flag("--shuffle", settings.shuffle, "In random order (among the next 100 000 inputs)")
        .group(run_group);
    options.add_flag("--dry-run", settings.dry_run, "Tells what would run, and what is done already")
        .group(run_group);
}

}  // namespace

void RunOptions::declare(OptionSet& options, bool recorded) {
    options
        .add("--workers-per-rank", workers,
             "Processes that work for each rank; auto: one for each core, as where no mpirun started it")
        .check(check_workers)
        .type_name("N|auto")
        .group(run_group);
    options.add("--progress", progress, "How far the work is, on stderr")
        .one_of({"auto", "bar", "plain", "none"})
        .group(run_group);
    if (recorded) declare_recorded(options, settings);
    options.add_flag("--dump-config", dump_config, "Prints the options as TOML, for --config, and ends")
        .group(run_group);
    options.add_name("--config", "Reads options from a TOML file; what is typed counts more")
        .type_name("FILE")
        .group(run_group);
}

void RunOptions::settle() {
    settings.resume |= settings.force_resume;
    settings.progress = style_of(progress);
    constexpr auto variable = "RANKPOOL_WORKERS_PER_RANK";
    if (!workers.empty()) {
        ::setenv(variable, workers.c_str(), 1);
    } else if (!has_launcher() && !std::getenv("RANKPOOL_TASK_ID")) {
        ::setenv(variable, "auto", 0);
    }
}

}  // namespace rankpool::batch
