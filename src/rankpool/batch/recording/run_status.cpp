// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/run_status.hpp"

#include "rankpool/batch/text/quantity.hpp"

#include <chrono>
#include <utility>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

constexpr auto status_interval = 1s;

}  // namespace

RunStatus::RunStatus(LiveStatus run, ProgressStyle style, RunDirectory const& directory, TimeSource time)
    : run_(std::move(run)), directory_(directory), time_(time) {
    progress_.emplace(run_.things, std::nullopt, style, tell_in_passing, time);
}

void RunStatus::show_progress(Tally const& tally) {
    if (progress_) progress_->update(tally.progress(static_cast<std::uint64_t>(run_.workers)));
}

bool RunStatus::is_due() {
    if (time_.now() < next_ || (look_at_workers_ && !look_at_workers_())) return false;
    next_ = time_.now() + status_interval;
    return true;
}

void RunStatus::write(std::string const& state, double seconds, Tally const& tally) const {
    // Once a second it is not worth to wait for the disk.
    write(state, seconds, tally, AtomicFile::Durability::none);
}

void RunStatus::write_last(std::string const& state, double seconds, Tally const& tally) const {
    write(state, seconds, tally, AtomicFile::Durability::synced);
}

void RunStatus::write(std::string const& state, double seconds, Tally const& tally,
                      AtomicFile::Durability durability) const {
    LiveStatus status = run_;
    status.state = state;
    status.written = now_seconds();
    status.wall = seconds;
    status.tally = tally;
    try {
        directory_.write(directory_.status(), to_json(status), durability);
    } catch (FileError const&) {
        // The run goes on without.
    }
}

void RunStatus::end(Tally const& tally) {
    look_at_workers_ = nullptr;
    show_progress(tally);
    progress_.reset();
}

}  // namespace rankpool::batch
