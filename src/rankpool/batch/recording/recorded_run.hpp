// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/job_base.hpp"
#include "rankpool/batch/job/job_context.hpp"
#include "rankpool/batch/monitor/tally.hpp"
#include "rankpool/batch/recording/failure_reasons.hpp"
#include "rankpool/batch/recording/input_window.hpp"
#include "rankpool/batch/recording/more_columns.hpp"
#include "rankpool/batch/recording/run_end.hpp"
#include "rankpool/batch/recording/run_opening.hpp"
#include "rankpool/batch/recording/run_status.hpp"
#include "rankpool/batch/recording/task_recorder.hpp"
#include "rankpool/batch/recording/task_terms.hpp"
#include "rankpool/batch/store/store.hpp"
#include "rankpool/core/time_source.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// Where a session runs.
struct Machine {
    int ranks = 1;
    int workers = 1;
    std::vector<std::string> hosts = {};                 ///< by rank
    std::function<std::size_t()> count_lost_ranks = {};  ///< by now; where ranks can be lost
};

/// One session of a recorded run, without the types of its inputs and results: which inputs come next, what
/// is recorded of them, and how it ends. Its parts decide; it sees to it that they do so in turn. In the main
/// worker; one thread.
class RecordedRun {
  public:
    /// Opens the run directory as the settings say. Throws InputError where that makes no sense.
    RecordedRun(JobContext const& run, RunRecord record, std::string things, Machine machine,
                TimeSource time = {});
    RecordedRun(RecordedRun const&) = delete;
    RecordedRun& operator=(RecordedRun const&) = delete;
    ~RecordedRun();

    [[nodiscard]] RunSettings const& settings() const { return settings_; }
    [[nodiscard]] TimeSource time() const { return time_; }
    [[nodiscard]] Tally& tally() { return tally_; }
    [[nodiscard]] std::uint64_t seed() const { return record_.seed; }
    [[nodiscard]] int workers() const { return machine_.workers; }
    [[nodiscard]] RunRecord const& record() const { return record_; }
    [[nodiscard]] Store& store() { return *opened_.store; }
    /// The run directory, as a whole path.
    [[nodiscard]] std::string folder() const;
    /// See RunStatus.
    void look_at_workers_by(std::function<bool()> look) { status_->look_at_workers_by(std::move(look)); }

    /// The number of inputs, where the job knows.
    void expect(std::optional<std::uint64_t> inputs);
    /// True where `--limit` allows another input.
    [[nodiscard]] bool wants_more_inputs() const;
    /// What is to be done with the next input.
    Claim claim(InputKey const& key);
    /// There are no more inputs; `all_read`: not just beyond the limit.
    void end_inputs(bool all_read);

    /// How many inputs may be on their way.
    [[nodiscard]] std::uint64_t window() const { return window_.size(tally_, end_.is_time_limit_near()); }
    /// A result of about so many bytes has come.
    void note_size(std::size_t bytes) { window_.note_size(bytes); }
    /// What a task is given.
    [[nodiscard]] TaskTerms& terms() { return terms_; }
    [[nodiscard]] TaskTerms const& terms() const { return terms_; }
    /// True if a task that has failed so often in this session is to be tried again.
    [[nodiscard]] bool tries_again(Attempt const& last, unsigned failures) const {
        return !is_over() && terms_.allow_retry(last, failures);
    }

    /// Appends values of further columns to those of a result; the table gets columns that it has not yet.
    /// Tells once where there is no room for another.
    void append_more(std::vector<std::pair<std::string, Value>> const& more, std::vector<Value>& values);
    void record_result(Attempt const& attempt, std::span<Value const> values, bool had_failed);
    /// `is_final`: it will not be tried again.
    void record_failure(Attempt const& told, std::span<Value const> input, bool is_final);
    /// It has ended as it was told, and is not done.
    void pass_over(Attempt const& attempt) const { recorder_->pass_over(attempt); }
    /// See TaskRecorder.
    std::vector<std::string> take_bad_nodes() { return recorder_->take_bad_nodes(); }

    // When and why it ends: see RunEnd.
    void give_notice(double seconds) { end_.give_notice(seconds); }
    [[nodiscard]] bool tells_tasks_to_end() const { return end_.tells_tasks_to_end(); }
    void check_time_limit() { end_.check_time_limit(); }
    [[nodiscard]] bool is_over() const { return end_.is_over(); }
    [[nodiscard]] bool ends_at_once() const { return end_.is_at_once(); }
    [[nodiscard]] bool was_told_to_end() const { return end_.was_told(); }
    [[nodiscard]] bool gathers() const { return end_.gathers(); }
    /// True if every input has a result.
    [[nodiscard]] bool is_complete() const { return end_.is_complete(tally_); }

    /// Ends the run where its time is over, or does not suffice for another task.
    void look_at_time() { end_.look_at_time(tally_.in_flight); }
    /// To be called often: commits what is due, shows progress, looks at signals. True while tasks may be
    /// handed out.
    bool tick(bool idle);

    /// Calls `work`, and lets an error of the store end the run.
    template <class Work>
    void store_safely(Work work) {
        try {
            if (!end_.is_store_broken()) work();
        } catch (StoreError const& error) {
            break_store(error);
        }
    }

    /// The tasks have come to an end.
    void end_tasks();
    /// Stores how it ended, writes the report, prints the last line.
    ExitCode finish(std::optional<ExitCode> job_says);
    /// What would be done, for `--dry-run`; `has_shown`: stdout is the job's, which has shown its tasks.
    /// `rounds`: see expectation.
    ExitCode finish_dry(bool has_shown, double rounds);

  private:
    void begin();
    void break_store(StoreError const& error);
    void note_serialising();
    [[nodiscard]] double seconds() const;
    void close(ExitCode code);
    void tell_end(std::string const& end, std::string const& unprinted) const;
    void write_report() const;

    TimeSource time_;
    Clock::time_point started_ = time_.now();
    RunSettings settings_;
    RunRecord record_;
    std::string things_;
    Machine machine_;
    Session session_;
    MoreColumns more_columns_;
    OpenedRun opened_;
    Tally tally_;
    InputWindow window_;
    TaskTerms terms_;
    RunEnd end_;
    FailureReasons reasons_;
    std::int64_t disappeared_ = 0;  ///< inputs of earlier sessions
    double wall_ = 0;               ///< seconds, once it has ended
    // Not in a dry run:
    std::optional<TaskRecorder> recorder_;
    std::optional<RunStatus> status_;
};

}  // namespace rankpool::batch
