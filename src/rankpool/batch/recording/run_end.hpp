// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/files/store_error.hpp"
#include "rankpool/batch/job/job_base.hpp"
#include "rankpool/batch/job/retry_rules.hpp"
#include "rankpool/batch/job/run_settings.hpp"
#include "rankpool/batch/monitor/tally.hpp"
#include "rankpool/batch/recording/time_limit.hpp"
#include "rankpool/batch/store/store.hpp"
#include "rankpool/batch/text/quantity.hpp"

#include <optional>
#include <string>

namespace rankpool::batch {

/// Why a run hands out no more tasks.
enum class EndReason {
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

/// When a run ends before all is done, and why: by signals, the time limit, failures, successes, or an error
/// of the store. In the main worker; one thread.
class RunEnd {
  public:
    /// The settings must outlive it.
    RunEnd(RunSettings const& settings, TimeSource time)
        : settings_(settings),
          time_(time),
          halt_(parse_halt(settings.halt)),
          max_fails_(parse_share(settings.max_fails)) {}

    /// From now on there is a time limit, by what tasks took in earlier sessions. Waits some seconds at most
    /// for the batch system's answer.
    void begin_time_limit(Store& store);
    /// Throws InputError where no task can be done within it, at this start or any other.
    void check_time_limit();
    /// No task should wait for another to end before it begins.
    [[nodiscard]] bool is_time_limit_near() const { return time_limit_ && time_limit_->is_near(); }
    /// A task has succeeded that took so long.
    void note_duration(double seconds) { time_limit_->note(seconds); }

    /// Tasks are told so many seconds before they must end, and are so when the run is told to stop; 0: not.
    void give_notice(double seconds) { notice_ = seconds; }
    [[nodiscard]] bool tells_tasks_to_end() const { return tells_tasks_to_end_; }

    // Each of these may end the run.
    void look_at_signals();
    void look_at_time(std::uint64_t in_flight);
    void look_at_success(Tally const& tally) { check_halt(tally); }
    void look_at_failure(Tally const& tally);
    /// Whatever has ended it before.
    void break_store(StoreError const& error);

    [[nodiscard]] bool is_over() const { return end_reason_ != EndReason::none; }
    /// Running tasks are not waited for.
    [[nodiscard]] bool is_at_once() const { return end_reason_ >= EndReason::tasks_ended; }
    /// A signal or the time limit ends it, and may have ended tasks.
    [[nodiscard]] bool was_told() const;
    /// There is time to gather what has been computed by now.
    [[nodiscard]] bool gathers() const {
        return end_reason_ == EndReason::tasks_ended || end_reason_ == EndReason::overrun;
    }
    [[nodiscard]] bool is_store_broken() const { return end_reason_ == EndReason::store_broken; }
    [[nodiscard]] std::string const& store_error() const { return store_error_; }

    /// True if every input has a result.
    [[nodiscard]] bool is_complete(Tally const& tally) const;
    [[nodiscard]] ExitCode exit_code(Tally const& tally) const;
    /// Why it has left something undone, with this exit code; empty where it has not.
    [[nodiscard]] std::string in_words(ExitCode code, Tally const& tally, std::string const& things) const;

  private:
    void end(EndReason ending);
    void check_halt(Tally const& tally);
    [[nodiscard]] bool is_by_count() const;

    RunSettings const& settings_;
    TimeSource time_;
    std::optional<Halt> halt_;
    std::optional<Share> max_fails_;
    EndReason end_reason_ = EndReason::none;
    std::optional<TimeLimit> time_limit_;
    double notice_ = 0;
    bool tells_tasks_to_end_ = false;
    std::string store_error_;
};

}  // namespace rankpool::batch
