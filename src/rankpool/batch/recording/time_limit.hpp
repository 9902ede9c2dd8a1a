// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/run_settings.hpp"
#include "rankpool/batch/launch/batch_system.hpp"
#include "rankpool/batch/recording/durations.hpp"
#include "rankpool/core/time_source.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace rankpool::batch {

/// Until when a run may go on, and what may still be begun: `--time-limit` or that of the batch system's
/// job, whichever comes first. The system is asked at the start and from then on now and then, since a job
/// may be given more time. In the main worker; one thread.
class TimeLimit {
  public:
    enum class Verdict {
        go_on,
        no_new_tasks,  ///< another would not be done in time
        nearly_over,   ///< what still runs is to be told
        over,          ///< what still runs must end now
    };

    /// Waits some seconds at most for the answer of the batch system, null where there is none.
    TimeLimit(RunSettings const& settings, TimeSource time, BatchSystem const* system);

    /// To be asked once, when the durations of earlier sessions are noted: why no task can be done within the
    /// limit, however often the run is started; or empty. Where most tasks have taken longer than the whole
    /// limit but half of them have not, these are begun: a few very long ones do not count alone.
    /// Of the limit `notice` seconds are kept free, too.
    std::string why_hopeless(double notice);

    /// A task took so long.
    void note(double seconds) { durations_.add(seconds); }
    /// To be asked often. `notice`: what runs is told so many seconds before it must end.
    Verdict look(double notice);
    /// The end is so near that no task should wait for another to end before it begins.
    [[nodiscard]] bool is_near() const { return is_near_; }

    /// Why the job's limit is not known, or empty; told once.
    std::string take_problem() { return std::exchange(problem_, {}); }
    /// Which limit it is, and why nothing more starts.
    [[nodiscard]] std::string in_words() const;

  private:
    using Seconds = std::chrono::duration<double>;

    [[nodiscard]] Seconds left() const;
    /// From the start of the job, or of this program, to the limit.
    [[nodiscard]] std::optional<Seconds> whole_time() const;
    /// How long a task is expected to take at most.
    [[nodiscard]] Seconds expected() const;
    [[nodiscard]] std::string durations_in_words() const;
    void ask();
    void take_answer(Deadline const& deadline);
    [[nodiscard]] Clock::time_point in_seconds(double seconds) const;
    void choose(std::optional<Clock::time_point> jobs);

    TimeSource time_;
    BatchSystem const* system_;
    std::optional<Clock::time_point> own_;
    std::optional<Clock::time_point> end_;  ///< the first of the limits
    bool is_jobs_ = false;                  ///< that of the batch system's job
    std::optional<Seconds> whole_;          ///< of the job's limit, as the system has answered
    Seconds margin_{0};
    std::optional<Seconds> timeout_;
    Durations durations_;
    double share_;  ///< of the tasks so far took no longer than a new one is expected to take
    Seconds need_{0};
    bool is_near_ = false;
    std::unique_ptr<TimeQuestion> question_;
    Clock::time_point asked_{};
    std::string problem_;
    bool has_problem_ = false;
};

}  // namespace rankpool::batch
