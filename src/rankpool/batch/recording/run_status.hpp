// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/monitor/status_file.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/core/progress.hpp"
#include "rankpool/core/time_source.hpp"

#include <functional>
#include <optional>
#include <string>

namespace rankpool::batch {

/// Shows how a run goes on: its progress on the terminal, and `status.json` once a second.
class RunStatus {
  public:
    /// `run`: what does not change of its status. The directory, which is open, must outlive it.
    RunStatus(LiveStatus run, ProgressStyle style, RunDirectory const& directory, TimeSource time);

    /// `look` is called when the status is to be written, until it has found out what the workers do: true.
    void look_at_workers_by(std::function<bool()> look) { look_at_workers_ = std::move(look); }

    void show_progress(Tally const& tally);
    /// True once a second, when it is known what the workers do: then the status is to be written.
    bool is_due();
    void write(std::string const& state, double seconds, Tally const& tally) const;
    /// For the last time, and not before it is on the disk.
    void write_last(std::string const& state, double seconds, Tally const& tally) const;
    /// The workers are not looked at any more, and after this no progress is shown.
    void end(Tally const& tally);

  private:
    void write(std::string const& state, double seconds, Tally const& tally,
               AtomicFile::Durability durability) const;

    LiveStatus run_;
    RunDirectory const& directory_;
    TimeSource time_;
    std::optional<Progress> progress_;
    Clock::time_point next_{};
    std::function<bool()> look_at_workers_;
};

}  // namespace rankpool::batch
