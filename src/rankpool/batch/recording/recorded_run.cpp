// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/recorded_run.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/recording/run_summary.hpp"
#include "rankpool/batch/report/report.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/printable.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace rankpool::batch {
namespace {

constexpr std::size_t longest_name_shown = 80;

std::string different_hosts(Machine const& machine) {
    std::set<std::string> const different(machine.hosts.begin(), machine.hosts.end());
    return fmt::format("{}", fmt::join(different, " "));
}

std::string folder_here() {
    std::error_code ignored;
    return std::filesystem::current_path(ignored).string();
}

Session session_of(JobContext const& run, Machine const& machine) {
    Session session;
    session.program = run.invocation().program;
    session.command = run.invocation().command;
    session.options = run.invocation().run_options;
    session.started = now_seconds();
    session.ranks = machine.ranks;
    session.workers = machine.workers;
    session.hosts = different_hosts(machine);
    session.folder = folder_here();
    return session;
}

}  // namespace

RecordedRun::RecordedRun(JobContext const& run, RunRecord record, std::string things, Machine machine,
                         TimeSource time)
    : time_(time),
      settings_(run.settings()),
      record_(std::move(record)),
      things_(std::move(things)),
      machine_(std::move(machine)),
      session_(session_of(run, machine_)),
      more_columns_(record_),
      opened_(open_run(settings_, record_, time)),
      window_(machine_.workers),
      terms_(settings_, time),
      end_(settings_, time) {
    if (opened_.earlier) terms_.note_memory(opened_.earlier->memory);
    if (!settings_.dry_run) begin();
}

RecordedRun::~RecordedRun() = default;

void RecordedRun::begin() {
    opened_.directory.open();
    store().begin_session(session_);
    opened_.directory.log("started: " + session_.command);
    recorder_.emplace(store(), opened_.directory, tally_);
    LiveStatus const status{.job = record_.job,
                            .seed = record_.seed,
                            .things = things_,
                            .state = {},
                            .started = session_.started,
                            .pid = ::getpid(),
                            .host = machine_.hosts.empty() ? "" : machine_.hosts.front(),
                            .workers = machine_.workers,
                            .tally = {}};
    status_.emplace(status, settings_.progress, opened_.directory, time_);
    // Before anything that takes time: what is there may be an earlier session's.
    status_->write("running", seconds(), tally_);
    end_.begin_time_limit(store());
}

std::string RecordedRun::folder() const {
    auto const& path = opened_.directory.path();
    std::error_code problem;
    auto const whole = std::filesystem::absolute(path, problem);
    return (problem ? path : whole).lexically_normal().string();
}

void RecordedRun::expect(std::optional<std::uint64_t> inputs) {
    tally_.total = inputs;
    if (inputs && settings_.limit > 0) tally_.total = std::min(*inputs, settings_.limit);
}

bool RecordedRun::wants_more_inputs() const {
    return settings_.limit == 0 || tally_.inputs < settings_.limit;
}

Claim RecordedRun::claim(InputKey const& key) {
    auto const task = static_cast<std::int64_t>(tally_.inputs++);
    Claim const claim = opened_.store ? store().claim(task, key) : Claim{};
    if (claim.state == Claim::State::done) ++tally_.ok_before;
    if (claim.state == Claim::State::failed && !settings_.retry_failed) {
        ++(claim.outcome == AttemptOutcome::lost ? tally_.lost_before : tally_.failed_before);
    }
    // Where many have been done there is nothing else to call it.
    if (tally_.inputs % 1024 == 0) tick(false);
    return claim;
}

void RecordedRun::end_inputs(bool all_read) {
    tally_.total = tally_.inputs;
    if (all_read && opened_.store)
        disappeared_ = store().end_claims(static_cast<std::int64_t>(tally_.inputs));
}

void RecordedRun::append_more(std::vector<std::pair<std::string, Value>> const& more,
                              std::vector<Value>& values) {
    more_columns_.append(more, values, store());
    auto const left_out = more_columns_.take_left_out();
    if (!left_out) return;
    auto const words = fmt::format(
        "fields of answers have no column of their own, '{}' the first of them (there is room for {} such "
        "columns). They stand in the column out, where output is kept. Put them into a list?",
        printable(shortened(*left_out, longest_name_shown)), room_for_more(record_));
    opened_.directory.log(words);
    say(words);
}

void RecordedRun::record_result(Attempt const& attempt, std::span<Value const> values, bool had_failed) {
    recorder_->add_result(attempt, values, had_failed);
    end_.note_duration(attempt.seconds);
    terms_.note_duration(attempt.seconds);
    end_.look_at_success(tally_);
}

void RecordedRun::record_failure(Attempt const& told, std::span<Value const> input, bool is_final) {
    Attempt attempt = told;
    attempt.error = bounded_error(std::move(attempt.error));
    recorder_->add_failure(attempt, input, is_final);
    if (!is_final) return;
    reasons_.note(attempt, record_.input_columns, input);
    end_.look_at_failure(tally_);
}

bool RecordedRun::tick(bool idle) {
    end_.look_at_signals();
    look_at_time();
    if (settings_.dry_run) return !is_over();
    store_safely([&] { recorder_->commit_if_due(idle); });
    status_->show_progress(tally_);
    if (status_->is_due()) {
        note_serialising();
        status_->write(is_over() ? "stopping" : "running", seconds(), tally_);
    }
    return !is_over();
}

void RecordedRun::break_store(StoreError const& error) {
    end_.break_store(error);
    if (recorder_) recorder_->count_committed_only();
}

void RecordedRun::note_serialising() {
    double const serialising = std::max(0.0, tally_.worked - tally_.measured);
    // A run that waits for long tasks is not to write all the time.
    if (serialising == session_.serialising) return;
    session_.serialising = serialising;
    store_safely([&] { store().update_session(session_); });
}

/// Since it was begun.
double RecordedRun::seconds() const {
    return std::chrono::duration<double>(time_.now() - started_).count();
}

void RecordedRun::end_tasks() {
    session_.serialising = std::max(0.0, tally_.worked - tally_.measured);
    store_safely([&] { store().commit(); });
    status_->end(tally_);
    if (ends_at_once()) recorder_->pass_over_running();
    tally_.now.clear();
    tally_.now_left_out = 0;
    tally_.held.clear();
}

ExitCode RecordedRun::finish(std::optional<ExitCode> job_says) {
    bool const has_failed = job_says && *job_says != ExitCode::success;
    ExitCode code = has_failed ? *job_says : end_.exit_code(tally_);
    auto const unprinted = end_output();
    if (!unprinted.empty() && code != ExitCode::wrong_use && code != ExitCode::stopped_early) {
        code = ExitCode::output_failed;
    }
    wall_ = seconds();
    auto const end = end_.in_words(code, tally_, things_);
    session_.end = !end.empty() ? end : has_failed ? "ended by an error of its input or of the job" : "done";
    if (code == ExitCode::output_failed) session_.end = "done, but stdout could not be written";
    close(code);
    bool const is_broken = end_.is_store_broken();
    tell_end(is_broken ? "" : end, unprinted);
    // Last, since it takes its time after millions of tasks, and a signal may leave none.
    if (!is_broken) write_report();
    return is_broken ? ExitCode::stopped_early : code;
}

/// Stores how the session ended, and lets go of the store.
void RecordedRun::close(ExitCode code) {
    // By the same clock, which nobody sets: what reads the two takes their difference.
    session_.ended = session_.started + wall_;
    session_.exit_code = static_cast<int>(code);
    store_safely([&] { store().end_session(session_); });
    bool const is_broken = end_.is_store_broken();
    if (is_broken) say(end_.store_error());
    recorder_.reset();
    opened_.store.reset();
    status_->write_last(is_broken ? "stopped" : session_.end, wall_, tally_);
}

/// `end`: why something is left undone; `unprinted`: what stdout has not got.
void RecordedRun::tell_end(std::string const& end, std::string const& unprinted) const {
    auto const& path = opened_.directory.path();
    auto const run = path.string();
    auto const program = session_.program.substr(0, session_.program.find(' '));
    std::size_t const lost_ranks = machine_.count_lost_ranks ? machine_.count_lost_ranks() : 0;
    auto const last_line = run_summary(tally_, wall_, machine_.workers, lost_ranks, path);
    opened_.directory.log(last_line);
    if (disappeared_ > 0) {
        say(
            fmt::format("{} inputs of earlier sessions have not come any more (their rows are kept, with "
                        "negative numbers)",
                        disappeared_));
    }
    if (!end.empty()) say(end);
    if (!unprinted.empty() && end_.is_store_broken()) {
        say(unprinted + ", and not all results are stored");
    } else if (!unprinted.empty()) {
        say(fmt::format("{}. They are stored in {}: {} export {}?", unprinted, run, program, run));
    }
    reasons_.report(program, run);
    tell(last_line + "\n");
}

void RecordedRun::write_report() const {
    auto const& directory = opened_.directory;
    try {
        directory.write(directory.report(), report_page(directory.database()),
                        AtomicFile::Durability::synced);
    } catch (Error const& error) {
        // All the results are stored.
        say(std::string{"there is no report: "} + error.what());
    }
}

ExitCode RecordedRun::finish_dry(bool has_shown, double rounds) {
    auto const done = tally_.done();
    auto const open = tally_.inputs - done;
    auto const text = fmt::format(
        "{} of {} {} would run; {} are done already ({} ok, {} failed, {} lost); run directory {}\n", open,
        tally_.inputs, things_, done, tally_.all_ok(), tally_.all_failed(), tally_.all_lost(),
        opened_.directory.path().string());
    if (has_shown) {
        tell(text);
    } else {
        print(text);
    }
    if (opened_.earlier && open > 0)
        tell(expectation(*opened_.earlier, open, rounds, machine_.workers) + "\n");
    return ExitCode::success;
}

}  // namespace rankpool::batch
