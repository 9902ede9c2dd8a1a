// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/recorded_run.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/job/retry_rules.hpp"
#include "rankpool/batch/monitor/status_file.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/table_layout.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/worker/here.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <set>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

constexpr auto status_interval = 1s;
/// So much work may be on its way to each worker, which is also how long a run takes to stop.
constexpr double seconds_ahead = 0.25;
/// Tasks that take longer are handed out one by one.
constexpr double long_task = 1.0;
constexpr double most_ahead = 10'000;
/// One more may be on its way for so many that have ended.
constexpr double tasks_per_ahead = 8;
constexpr double most_bytes_ahead = 64e6;
/// A task that has taken so many workers with it is given up, before `--retries`.
constexpr unsigned crash_limit = 2;
/// While nobody knows how many tasks there are, the share of those that are done, once that says something.
constexpr std::uint64_t enough_for_share = 100;
constexpr std::size_t enough_for_median = 5;
constexpr std::size_t most_for_median = 10'000;

std::string hosts_here() {
    auto const& hosts = worker::here().post.hosts();
    std::set<std::string> const different(hosts.begin(), hosts.end());
    return fmt::format("{}", fmt::join(different, " "));
}

std::string folder_here() {
    std::error_code ignored;
    return std::filesystem::current_path(ignored).string();
}

std::string host_name() {
    auto const& hosts = worker::here().post.hosts();
    return hosts.empty() ? "" : hosts.front();
}

/// Where nobody has named it; the folder of a new run is made here, and thereby chosen.
RunDirectory directory_for(RunSettings const& settings, RunRecord const& record) {
    if (settings.resume) return RunDirectory::newest(record.job, record.seed);
    return settings.dry_run ? RunDirectory{RunDirectory::next_name(record.job)}
                            : RunDirectory::fresh(record.job);
}

/// The same columns; where one was taken for numbers and the other not, the stored one counts.
bool are_alike(std::vector<Column> const& stored, std::vector<Column> const& asked) {
    auto const is_open = [](ColumnType type) { return type == ColumnType::any || type == ColumnType::text; };
    return std::ranges::equal(stored, asked, [&](Column const& one, Column const& other) {
        return one.name == other.name &&
               (one.type == other.type || (is_open(one.type) && is_open(other.type)));
    });
}

/// Those of the job, and then such as have come with results.
bool has_columns(std::vector<Column> const& stored, std::vector<Column> const& asked) {
    return stored.size() >= asked.size() && std::equal(asked.begin(), asked.end(), stored.begin());
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

RecordedRun::RecordedRun(Run const& run, RunRecord record, std::string things, int ranks, int workers)
    : settings_(run.settings()),
      record_(std::move(record)),
      things_(std::move(things)),
      workers_(workers),
      directory_(settings_.run_dir) {
    session_.program = run.invocation().program;
    session_.command = run.invocation().command;
    session_.options = run.invocation().run_options;
    session_.started = now_seconds();
    session_.ranks = ranks;
    session_.workers = workers;
    session_.hosts = hosts_here();
    session_.folder = folder_here();
    tell_columns_apart(record_);
    own_columns_ = record_.result_columns.size();
    (void)TableLayout{record_};  // there is one, before a folder is made
    open(record_);
    if (settings_.dry_run) return;
    time_limit_.emplace(settings_);
    store_->for_each_duration([this](double seconds) { time_limit_->note(seconds); });
    progress_.emplace(things_, std::nullopt, settings_.progress);
}

RecordedRun::~RecordedRun() = default;

void RecordedRun::open(RunRecord const& record) {
    if (settings_.run_dir.empty()) directory_ = directory_for(settings_, record);
    bool const exists = run_exists(directory_.database());
    if (exists && !settings_.resume) {
        throw InputError("cannot start a new run in " + directory_.path().string() +
                         " (it has results already). Add --resume, or name another folder with --run-dir?");
    }
    look_at_earlier_tasks(exists);
    if (exists) {
        store_ = std::make_unique<Store>(Store::resume(directory_.database()));
        check_resumable(record);
        record_.seed = store_->record().seed;
        record_.input_columns = store_->record().input_columns;
        record_.result_columns = store_->record().result_columns;
    } else if (!settings_.dry_run) {
        make_run(record);
    }
    if (settings_.dry_run) return;
    directory_.open();
    store_->begin_session(session_);
    directory_.log("started: " + session_.command);
}

/// Only a dry run tells of them, and commands are measured, which need as much.
void RecordedRun::look_at_earlier_tasks(bool exists) {
    bool const are_measured = std::ranges::any_of(
        record_.result_columns, [](Column const& column) { return column.name.ends_with("command_memory"); });
    if (!are_measured && !settings_.dry_run) return;
    earlier_ = exists ? tasks_of_run(directory_.path()) : tasks_of_newest(record_.job, record_.seed);
    if (earlier_) note_memory(earlier_->memory);
}

void RecordedRun::make_run(RunRecord const& record) {
    directory_.make();
    try {
        store_ = std::make_unique<Store>(Store::create(directory_.database(), record));
    } catch (...) {
        directory_.remove_if_empty();
        throw;
    }
    directory_.become_latest();
}

void RecordedRun::check_resumable(RunRecord const& asked) {
    RunRecord const& stored = store_->record();
    auto const lines = differences(stored, asked);
    if (!lines.empty() && !settings_.force_resume) {
        throw InputError(
            fmt::format("cannot resume {} (it was another run: {}). Add --force-resume to go on "
                        "all the same, or start a new run?",
                        directory_.path().string(), fmt::join(lines, "; ")));
    }
    bool const fits = stored.job == asked.job && are_alike(stored.input_columns, asked.input_columns) &&
                      has_columns(stored.result_columns, asked.result_columns);
    if (!fits) {
        throw InputError(
            fmt::format("cannot resume {} (its table has other columns than the job now). Start "
                        "a new run?",
                        directory_.path().string()));
    }
}

std::optional<std::size_t> RecordedRun::place_of(std::string const& name) {
    auto const [known, is_new] = more_places_.try_emplace(name);
    if (!is_new) return known->second;
    known->second = place_among_more(record_, own_columns_, name);
    if (known->second && *known->second == record_.result_columns.size()) {
        store_->add_result_column({name_for_more(record_, own_columns_, name), ColumnType::any});
        record_.result_columns = store_->record().result_columns;
    }
    return known->second;
}

void RecordedRun::append_more(std::vector<std::pair<std::string, Value>> const& more,
                              std::vector<Value>& values) {
    std::size_t const first = values.size() - own_columns_;
    std::vector<std::pair<std::size_t, Value>> placed;
    for (auto const& [name, value] : more) {
        if (auto const place = place_of(name)) placed.emplace_back(first + *place, value);
    }
    values.resize(first + record_.result_columns.size());
    for (auto& [place, value] : placed) values[place] = std::move(value);
}

std::string RecordedRun::folder() const {
    std::error_code problem;
    auto const whole = std::filesystem::absolute(directory_.path(), problem);
    return (problem ? directory_.path() : whole).lexically_normal().string();
}

PoolOptions RecordedRun::pool_options() const {
    PoolOptions options;
    if (auto const timeout = parse_duration(settings_.timeout)) options.timeout = *timeout;
    if (auto const limit = parse_size(settings_.memory_limit)) options.memory_limit = *limit;
    options.crash_limit = 1;  // what is tried again is decided here, and recorded
    return options;
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
    Claim const claim = store_ ? store_->claim(task, key) : Claim{};
    if (claim.state == Claim::State::done) ++tally_.ok_before;
    if (claim.state == Claim::State::failed && !settings_.retry_failed) {
        ++(claim.outcome == Outcome::lost ? tally_.lost_before : tally_.failed_before);
    }
    // Where many have been done there is nothing else to call it.
    if (tally_.inputs % 1024 == 0) tick(false);
    return claim;
}

void RecordedRun::end_inputs(bool all_read) {
    all_read_ = all_read;
    tally_.total = tally_.inputs;
    if (all_read && store_) disappeared_ = store_->end_claims(static_cast<std::int64_t>(tally_.inputs));
}

std::uint64_t RecordedRun::window() const {
    auto const workers = static_cast<std::uint64_t>(workers_);
    double const mean = tally_.recent_mean;
    bool const one_by_one = mean >= long_task || (time_limit_ && time_limit_->is_near());
    if (tally_.attempts == 0 || one_by_one) return workers;
    double const by_time = static_cast<double>(workers) * seconds_ahead / std::max(mean, 1e-9);
    // The first tasks may be the quickest.
    double const by_evidence = static_cast<double>(tally_.attempts) / tasks_per_ahead;
    double const size = result_bytes_ / static_cast<double>(tally_.attempts);
    double const by_size = most_bytes_ahead / std::max(size, 1.0);
    auto const wanted = static_cast<std::uint64_t>(std::min({by_time, by_evidence, by_size, most_ahead}));
    return std::max(wanted, 2 * workers);
}

void RecordedRun::note_size(std::size_t bytes) {
    result_bytes_ += static_cast<double>(bytes);
}

bool RecordedRun::tries_again(Attempt const& last, unsigned failures) const {
    if (is_over()) return false;
    unsigned const loss = last.outcome == Outcome::lost ? crash_limit - 1 : 0;
    if (failures <= loss) return true;
    return failures <= settings_.retries + loss && RetryRules{settings_.retry_causes}.allow(last);
}

Clock::time_point RecordedRun::next_try(unsigned failures) const {
    auto const delay = parse_retry_delay(settings_.retry_delay).value_or(RetryDelay{});
    return Clock::now() + delay.after(failures);
}

double RecordedRun::task_limit() const {
    if (auto const fixed = parse_duration(settings_.timeout)) {
        return std::chrono::duration<double>(*fixed).count();
    }
    auto const share = parse_percent(settings_.timeout);
    if (!share || seconds_.size() < enough_for_median) return 0;
    return *share * seconds_[seconds_.size() / 2];
}

void RecordedRun::note_memory(std::int64_t bytes) {
    if (bytes > 0) largest_memory_ = std::max(largest_memory_, static_cast<std::uint64_t>(bytes));
}

void RecordedRun::pass_over(Attempt const& attempt) const {
    directory_.log(fmt::format("task {} was told to end after {} on rank {}, {}, and is not done",
                               attempt.task, duration_text(attempt.seconds), attempt.rank, attempt.host));
}

void RecordedRun::record_result(Attempt const& attempt, std::span<Value const> values, bool had_failed) {
    store_->add_attempt(attempt);
    store_->add_result(attempt.task, values, had_failed);
    tally_.count(attempt);
    note_health(attempt);
    time_limit_->note(attempt.seconds);
    ++tally_.ok;
    if (settings_.timeout.ends_with('%') && seconds_.size() < most_for_median) {
        seconds_.insert(std::ranges::upper_bound(seconds_, attempt.seconds), attempt.seconds);
    }
    check_halt();
}

void RecordedRun::record_failure(Attempt const& told, std::span<Value const> input, bool final) {
    Attempt attempt = told;
    attempt.error = bounded_error(std::move(attempt.error));
    store_->add_attempt(attempt);
    tally_.count(attempt);
    note_health(attempt);
    directory_.log(fmt::format("task {} {} on rank {}, {}: {}{}", attempt.task, word_for(attempt.outcome),
                               attempt.rank, attempt.host, attempt.error, final ? "" : "; tried again"));
    if (!final) {
        ++tally_.retried;
        return;
    }
    store_->add_failure(attempt.task, attempt, input);
    ++(attempt.outcome == Outcome::lost ? tally_.lost : tally_.failed);
    note_reason(attempt, input);
    check_failures();
}

void RecordedRun::note_health(Attempt const& attempt) {
    auto const bad = health_.note(attempt.host, attempt.task, attempt.outcome == Outcome::ok);
    if (!bad) return;
    auto const words = fmt::format(
        "{} gets no more tasks (the last {} failed there, while {} succeeded elsewhere). --resume tries "
        "again "
        "what has failed",
        bad->host, bad->failures, bad->good_elsewhere);
    directory_.log(words);
    say(words);
    bad_nodes_.push_back(bad->host);
}

void RecordedRun::note_reason(Attempt const& attempt, std::span<Value const> input) {
    constexpr std::size_t most_reasons = 100;
    constexpr std::size_t longest_error = 300;
    constexpr std::size_t longest_input = 80;
    // Whoever has run a command knows nothing of C++.
    std::string error = attempt.error;
    for (std::string const type : {"std::runtime_error: ", "rankpool::Error: "}) {
        if (attempt.command && error.starts_with(type)) error.erase(0, type.size());
    }
    error = printable(shortened(error, longest_error));
    auto const known = std::ranges::find(reasons_, error, &Reason::error);
    if (known != reasons_.end()) {
        ++known->count;
    } else if (reasons_.size() < most_reasons) {
        reasons_.push_back({error,
                            fmt::format("task {}, {}", attempt.task,
                                        input_text(record_.input_columns, input, longest_input)),
                            1});
    } else {
        ++other_failures_;
    }
}

void RecordedRun::check_halt() {
    auto const halt = parse_halt(settings_.halt);
    if (!halt) return;
    auto const total = static_cast<double>(tally_.total.value_or(std::max(tally_.done(), enough_for_share)));
    double const wanted = halt->is_percent ? halt->count / 100 * total : halt->count;
    auto const now = static_cast<double>(halt->by_success ? tally_.ok : tally_.failed + tally_.lost);
    if (now < wanted) return;
    if (halt->by_success) {
        end(halt->at_once ? Ending::halted_by_success : Ending::enough_successes);
    } else {
        end(halt->at_once ? Ending::failed_fast : Ending::too_many_failures);
    }
}

void RecordedRun::check_failures() {
    check_halt();
    if (settings_.fail_fast) end(Ending::failed_fast);
    auto const limit = parse_share(settings_.max_fails);
    if (!limit) return;
    auto const failures = static_cast<double>(tally_.failed + tally_.lost);
    double allowed = limit->value;
    if (limit->is_percent) {
        allowed *=
            static_cast<double>(tally_.total.value_or(std::max(tally_.done(), enough_for_share))) / 100;
    }
    if (failures > allowed) end(Ending::too_many_failures);
}

void RecordedRun::end(Ending ending) {
    // The first reason counts, but what is over at once is not held up by what drains.
    if (ending_ == Ending::none || (ending >= Ending::tasks_ended && !ends_at_once())) ending_ = ending;
}

void RecordedRun::break_store(StoreError const& error) {
    store_error_ = error.what();
    ending_ = Ending::store_broken;
    // What has not been committed is lost, and told so.
    tally_.ok = stored_.ok;
    tally_.failed = stored_.failed;
    tally_.lost = stored_.lost;
}

bool RecordedRun::tick(bool idle) {
    if (StopSignals::requested() == StopRequest::now) end(Ending::stopped);
    if (StopSignals::requested() == StopRequest::end_tasks) end(Ending::tasks_ended);
    if (StopSignals::requested() == StopRequest::drain) {
        end(Ending::drained);
        tells_tasks_to_end_ = notice_ > 0;
    }
    look_at_time();
    if (store_ && !settings_.dry_run) {
        store_safely([&] {
            store_->commit_if_due(idle);
            if (!store_->has_uncommitted()) stored_ = {tally_.ok, tally_.failed, tally_.lost};
        });
    }
    if (progress_) progress_->update(tally_.progress(static_cast<std::uint64_t>(workers_)));
    bool const tells = !settings_.dry_run && Clock::now() >= next_status_;
    if (tells && (!look_at_workers_ || look_at_workers_())) {
        next_status_ = Clock::now() + status_interval;
        note_serialising();
        write_status(is_over() ? "stopping" : "running");
    }
    return !is_over();
}

void RecordedRun::check_time_limit() {
    auto const why = time_limit_->why_hopeless(notice_);
    if (why.empty()) return;
    throw InputError("cannot do any task in time (" + why + "). Give more time, or a shorter --time-margin?");
}

void RecordedRun::look_at_time() {
    if (!time_limit_) return;
    auto const verdict = time_limit_->look(notice_);
    tells_tasks_to_end_ |= verdict == TimeLimit::Verdict::nearly_over;
    if (verdict != TimeLimit::Verdict::go_on) end(Ending::out_of_time);
    if (verdict == TimeLimit::Verdict::over && tally_.in_flight > 0) end(Ending::overrun);
    if (auto const problem = time_limit_->take_problem(); !problem.empty()) {
        say("cannot know the job's time limit (" + problem + "). Give --time-limit?");
    }
}

void RecordedRun::note_serialising() {
    double const seconds = std::max(0.0, tally_.worked - tally_.measured);
    // A run that waits for long tasks is not to write all the time.
    if (seconds == session_.serialising) return;
    session_.serialising = seconds;
    store_safely([&] { store_->update_session(session_); });
}

void RecordedRun::write_status(std::string const& state) {
    LiveStatus const status{.job = record_.job,
                            .seed = record_.seed,
                            .things = things_,
                            .state = state,
                            .started = session_.started,
                            .written = now_seconds(),
                            .pid = ::getpid(),
                            .host = host_name(),
                            .workers = workers_,
                            .wall = wall_ > 0 ? wall_ : seconds_since(started_),
                            .tally = tally_};
    // Once a second it is not worth to wait for the disk.
    bool const is_last = wall_ > 0;
    try {
        directory_.write(directory_.status(), to_json(status),
                         is_last ? AtomicFile::Durability::synced : AtomicFile::Durability::none);
    } catch (FileError const&) {
        // The run goes on without.
    }
}

void RecordedRun::end_tasks() {
    session_.serialising = std::max(0.0, tally_.worked - tally_.measured);
    look_at_workers_ = nullptr;
    store_safely([&] { store_->commit(); });
    if (progress_) progress_->update(tally_.progress(static_cast<std::uint64_t>(workers_)));
    progress_.reset();
    if (ends_at_once()) log_ended_tasks();
    tally_.now.clear();
    tally_.now_left_out = 0;
}

void RecordedRun::log_ended_tasks() {
    for (auto const& worker : tally_.now) {
        if (worker.doing == WorkerNow::Doing::waiting) continue;
        directory_.log(fmt::format("task {} was ended after {} on rank {}, {}, and is not done", worker.task,
                                   duration_text(seconds_since(worker.begun)), worker.rank, worker.host));
    }
}

}  // namespace rankpool::batch
