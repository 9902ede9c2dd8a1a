// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/log.hpp"
#include "rankpool/core/time_source.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rankpool {

/// How progress is shown.
enum class ProgressStyle { bar, plain, none };

/// A bar where a person looks on, plain lines otherwise.
/// Call it in the process that the person or mpirun started: mpirun passes stderr on through a pipe, so that
/// only its own stderr tells whether there is a terminal at the end.
ProgressStyle progress_style_here();

/// How far the work is.
struct ProgressState {
    std::uint64_t done = 0;  ///< well or not
    std::optional<std::uint64_t> total{};
    std::chrono::duration<double> elapsed{0};
    std::uint64_t before = 0;  ///< of `done`, what was done when the clock started
    std::uint64_t failed = 0;  ///< of `done`
    std::uint64_t running = 0;
    /// By how much the time left may differ (one standard deviation), where that is known.
    std::chrono::duration<double> spread{0};
};

/// `423/990 pairs  43 %  2 failed  8 running  1.2 k/s  0:30 +- 0:04 left`; what is 0 is left out.
std::string describe(ProgressState const& state, std::string const& things);

/// Shows how far a piece of work is, until it goes out of scope: often enough to be alive on a terminal,
/// seldom enough not to fill a log. Costs a clock reading per call, and never waits for who reads: what
/// cannot be shown is left out. One thread only.
class Progress {
  public:
    /// Shows a text; false where it could not.
    using Show = std::function<bool(std::string_view)>;

    Progress(std::string things, std::optional<std::uint64_t> total, ProgressStyle style,
             Show show = tell_in_passing, TimeSource time = {});
    Progress(Progress const&) = delete;
    Progress& operator=(Progress const&) = delete;
    /// Ends the line; work that has not come to its end leaves what was reached.
    ~Progress();

    /// `count` more things are done.
    void advance(std::uint64_t count = 1);
    /// Things are as `state` says; its time is not looked at.
    void update(ProgressState const& state);

  private:
    [[nodiscard]] std::string text();
    [[nodiscard]] Clock::duration interval() const;
    void show_if_due();

    std::string things_;
    ProgressState state_;
    ProgressStyle style_;
    Show show_;
    TimeSource time_;
    Clock::time_point started_;
    Clock::time_point next_show_;
};

}  // namespace rankpool
