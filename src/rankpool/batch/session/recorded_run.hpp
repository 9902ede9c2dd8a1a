// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/files/stop_signals.hpp"
#include "rankpool/batch/job/job_base.hpp"
#include "rankpool/batch/job/run.hpp"
#include "rankpool/batch/monitor/tally.hpp"
#include "rankpool/batch/session/node_health.hpp"
#include "rankpool/batch/session/time_limit.hpp"
#include "rankpool/batch/store/earlier_tasks.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/store.hpp"
#include "rankpool/pool/options.hpp"

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// Why a run hands out no more tasks.
enum class Ending {
    none,
    drained,
    out_of_time,  ///< another task would not be done in time
    too_many_failures,
    enough_successes,
    // Running tasks are not waited for:
    tasks_ended,  ///< as a signal says
    overrun,      ///< the time limit
    stopped,
    failed_fast,
    halted_by_success,
    store_broken,
};

/// One session of a recorded run, without the types of its inputs and results: store, counts, progress,
/// signals, and how it ends. In the main worker; one thread.
class RecordedRun {
  public:
    /// Opens the run directory as the settings say. Throws InputError where that makes no sense.
    RecordedRun(Run const& run, RunRecord record, std::string things, int ranks, int workers);
    ~RecordedRun();

    [[nodiscard]] RunSettings const& settings() const { return settings_; }
    [[nodiscard]] PoolOptions pool_options() const;
    [[nodiscard]] Tally& tally() { return tally_; }
    [[nodiscard]] std::uint64_t seed() const { return record_.seed; }
    [[nodiscard]] int workers() const { return workers_; }
    [[nodiscard]] RunRecord const& record() const { return record_; }
    /// The run directory, as a whole path.
    [[nodiscard]] std::string folder() const;
    /// `look` is called when the status is to be written, until it has found out what the workers do: true.
    void look_at_workers_by(std::function<bool()> look) { look_at_workers_ = std::move(look); }

    /// The number of inputs, where the job knows.
    void expect(std::optional<std::uint64_t> inputs);
    /// True where `--limit` allows another input.
    [[nodiscard]] bool wants_more_inputs() const;
    /// What is to be done with the next input.
    Claim claim(InputKey const& key);
    /// There are no more inputs; `all_read`: not just beyond the limit.
    void end_inputs(bool all_read);

    /// How many inputs may be on their way: enough to keep all busy, few enough to stop soon.
    [[nodiscard]] std::uint64_t window() const;
    /// A result of about so many bytes has come.
    void note_size(std::size_t bytes);

    /// True if a task that has failed so often in this session is to be tried again.
    [[nodiscard]] bool tries_again(Attempt const& last, unsigned failures) const;
    /// When it is, after so many failures.
    [[nodiscard]] Clock::time_point next_try(unsigned failures) const;
    /// How long a task may take, in seconds, as far as is known now, where it sees to that itself; 0: no
    /// limit.
    [[nodiscard]] double task_limit() const;
    /// Bytes that the largest task had so far, in this run and the last one like it.
    [[nodiscard]] std::uint64_t largest_memory() const { return largest_memory_; }
    void note_memory(std::int64_t bytes);
    /// Tasks are told so many seconds before they must end, and are so when the run is told to stop; 0: not.
    void give_notice(double seconds) { notice_ = seconds; }
    [[nodiscard]] bool tells_tasks_to_end() const { return tells_tasks_to_end_; }
    /// It has ended as it was told, and is not done.
    void pass_over(Attempt const& attempt) const;
    /// Appends values of further columns to those of a result; the table gets columns that it has not yet.
    void append_more(std::vector<std::pair<std::string, Value>> const& more, std::vector<Value>& values);
    void record_result(Attempt const& attempt, std::span<Value const> values, bool had_failed);
    /// `final`: it will not be tried again.
    void record_failure(Attempt const& attempt, std::span<Value const> input, bool final);

    /// The nodes on which everything fails, as far as they have been found since the last call: they should
    /// get no more tasks.
    std::vector<std::string> take_bad_nodes() { return std::exchange(bad_nodes_, {}); }

    /// Throws InputError where no task can be done within the time limit, at this start or any other.
    void check_time_limit();
    /// Ends the run where its time is over, or does not suffice for another task.
    void look_at_time();
    /// To be called often: commits what is due, shows progress, looks at signals. True while tasks may be
    /// handed out.
    bool tick(bool idle);
    [[nodiscard]] bool is_over() const { return ending_ != Ending::none; }
    /// Running tasks are not waited for.
    [[nodiscard]] bool ends_at_once() const { return ending_ >= Ending::tasks_ended; }
    /// A signal or the time limit ends it, and may have ended tasks.
    [[nodiscard]] bool was_told_to_end() const {
        return gathers() || ending_ == Ending::stopped || ending_ == Ending::failed_fast ||
               ending_ == Ending::halted_by_success;
    }
    /// There is time to gather what has been computed by now.
    [[nodiscard]] bool gathers() const {
        return ending_ == Ending::tasks_ended || ending_ == Ending::overrun;
    }

    /// Calls `work`, and lets an error of the store end the run.
    template <class Work>
    void store_safely(Work work) {
        try {
            if (ending_ != Ending::store_broken) work();
        } catch (StoreError const& error) {
            break_store(error);
        }
    }

    /// The tasks have come to an end.
    void end_tasks();
    /// True if every input has a result.
    [[nodiscard]] bool is_complete() const;
    [[nodiscard]] Store& store() { return *store_; }
    /// Stores how it ended, writes the report, prints the last line.
    ExitCode finish(std::optional<ExitCode> job_says);
    /// What would be done, for `--dry-run`; `has_shown`: stdout is the job's, which has shown its tasks.
    /// `rounds`: so many times one after the other all that the nodes have is needed, at least.
    ExitCode finish_dry(bool has_shown, double rounds);

  private:
    void open(RunRecord const& record);
    void look_at_earlier_tasks(bool exists);
    std::optional<std::size_t> place_of(std::string const& name);
    void make_run(RunRecord const& record);
    void check_resumable(RunRecord const& asked);
    void break_store(StoreError const& error);
    void end(Ending ending);
    void note_reason(Attempt const& attempt, std::span<Value const> input);
    void tell_reasons() const;
    void note_health(Attempt const& attempt);
    void check_failures();
    void check_halt();
    void log_ended_tasks();
    void note_serialising();
    void write_status(std::string const& state);
    void write_report() const;
    [[nodiscard]] std::string ending_in_words() const;
    [[nodiscard]] std::string expectation(std::uint64_t tasks, double rounds) const;
    [[nodiscard]] std::string last_line() const;
    [[nodiscard]] ExitCode exit_code() const;

    RunSettings settings_;
    RunRecord record_;
    std::size_t own_columns_ = 0;  ///< of results, of which there may be more
    std::map<std::string, std::optional<std::size_t>> more_places_;  ///< where those stand
    std::string things_;
    int workers_;
    RunDirectory directory_;
    Session session_;
    std::unique_ptr<Store> store_;
    Tally tally_;
    std::optional<TimeLimit> time_limit_;
    std::vector<double> seconds_;  ///< of successful tasks, in order, for a limit by their median
    struct {
        std::uint64_t ok = 0;
        std::uint64_t failed = 0;
        std::uint64_t lost = 0;
    } stored_;  ///< at the last commit
    Ending ending_ = Ending::none;
    double notice_ = 0;
    std::optional<EarlierTasks> earlier_;  ///< of this run, or the last one like it
    std::uint64_t largest_memory_ = 0;
    NodeHealth health_;
    std::vector<std::string> bad_nodes_;
    bool tells_tasks_to_end_ = false;
    std::string store_error_;
    std::optional<Progress> progress_;
    Clock::time_point started_ = Clock::now();
    Clock::time_point next_status_{};
    std::function<bool()> look_at_workers_;
    double wall_ = 0;  ///< seconds, once it has ended
    double result_bytes_ = 0;
    bool all_read_ = false;
    std::int64_t disappeared_ = 0;
    /// Why tasks have failed, in the order in which that was first seen.
    struct Reason {
        std::string error;
        std::string first;  ///< the task
        std::uint64_t count = 0;
    };
    std::vector<Reason> reasons_;
    std::uint64_t other_failures_ = 0;  ///< for more reasons than are told apart
};

}  // namespace rankpool::batch
