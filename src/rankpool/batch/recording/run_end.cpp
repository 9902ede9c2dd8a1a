// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/run_end.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/files/stop_signals.hpp"
#include "rankpool/core/log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rankpool::batch {
namespace {

/// Of how many tasks a share is taken. While nobody knows how many there are, of those that are done, once
/// that says something.
double whole(Tally const& tally) {
    constexpr std::uint64_t enough_for_share = 100;
    return static_cast<double>(tally.total.value_or(std::max(tally.done(), enough_for_share)));
}

}  // namespace

void RunEnd::begin_time_limit(Store& store) {
    time_limit_.emplace(settings_, time_, BatchSystem::here());
    store.for_each_duration([this](double seconds) { time_limit_->note(seconds); });
}

void RunEnd::check_time_limit() {
    auto const why = time_limit_->why_hopeless(notice_);
    if (why.empty()) return;
    throw InputError("cannot do any task in time (" + why + "). Give more time, or a shorter --time-margin?");
}

void RunEnd::look_at_signals() {
    if (StopSignals::requested() == StopRequest::now) end(EndReason::stopped);
    if (StopSignals::requested() == StopRequest::end_tasks) end(EndReason::tasks_ended);
    if (StopSignals::requested() == StopRequest::drain) {
        end(EndReason::drained);
        tells_tasks_to_end_ = notice_ > 0;
    }
}

void RunEnd::look_at_time(std::uint64_t in_flight) {
    if (!time_limit_) return;
    auto const verdict = time_limit_->look(notice_);
    tells_tasks_to_end_ |= verdict == TimeLimit::Verdict::nearly_over;
    if (verdict != TimeLimit::Verdict::go_on) end(EndReason::out_of_time);
    if (verdict == TimeLimit::Verdict::over && in_flight > 0) end(EndReason::overrun);
    if (auto const problem = time_limit_->take_problem(); !problem.empty()) {
        say("cannot know the job's time limit (" + problem + "). Give --time-limit?");
    }
}

void RunEnd::look_at_failure(Tally const& tally) {
    check_halt(tally);
    if (settings_.fail_fast) end(EndReason::failed_fast);
    if (!max_fails_) return;
    auto const failures = static_cast<double>(tally.failed + tally.lost);
    double const allowed =
        max_fails_->is_percent ? max_fails_->value * (whole(tally) / 100) : max_fails_->value;
    if (failures > allowed) end(EndReason::too_many_failures);
}

void RunEnd::check_halt(Tally const& tally) {
    if (!halt_) return;
    double const wanted = halt_->is_percent ? halt_->count / 100 * whole(tally) : halt_->count;
    auto const now = static_cast<double>(halt_->by_success ? tally.ok : tally.failed + tally.lost);
    if (now < wanted) return;
    if (halt_->by_success) {
        end(halt_->at_once ? EndReason::halted_by_success : EndReason::enough_successes);
    } else {
        end(halt_->at_once ? EndReason::failed_fast : EndReason::too_many_failures);
    }
}

void RunEnd::end(EndReason ending) {
    // The first reason counts, but what is over at once is not held up by what drains.
    if (end_reason_ == EndReason::none || (ending >= EndReason::tasks_ended && !is_at_once()))
        end_reason_ = ending;
}

void RunEnd::break_store(StoreError const& error) {
    store_error_ = error.what();
    end_reason_ = EndReason::store_broken;
}

bool RunEnd::was_told() const {
    return gathers() || end_reason_ == EndReason::stopped || end_reason_ == EndReason::failed_fast ||
           end_reason_ == EndReason::halted_by_success;
}

bool RunEnd::is_complete(Tally const& tally) const {
    return !is_store_broken() && tally.total && tally.all_ok() == *tally.total;
}

ExitCode RunEnd::exit_code(Tally const& tally) const {
    switch (end_reason_) {
        case EndReason::store_broken:
        case EndReason::stopped:
        case EndReason::drained:
        case EndReason::out_of_time:
        case EndReason::tasks_ended:
        case EndReason::overrun:
            // A signal that came when all was done has stopped nothing.
            if (is_complete(tally)) break;
            return ExitCode::stopped_early;
        case EndReason::none:
            // Every task has an end, or this program has lost one.
            if (tally.done() != tally.total) return ExitCode::program_failed;
            break;
        case EndReason::too_many_failures:
        case EndReason::failed_fast:
            break;
        case EndReason::enough_successes:
        case EndReason::halted_by_success:
            return ExitCode::success;
    }
    return tally.all_failed() + tally.all_lost() > 0 ? ExitCode::tasks_failed : ExitCode::success;
}

/// Enough tasks have failed, or succeeded.
bool RunEnd::is_by_count() const {
    return end_reason_ == EndReason::too_many_failures || end_reason_ == EndReason::failed_fast ||
           end_reason_ == EndReason::enough_successes || end_reason_ == EndReason::halted_by_success;
}

std::string RunEnd::in_words(ExitCode code, Tally const& tally, std::string const& things) const {
    if (code != ExitCode::stopped_early && !is_by_count()) return "";
    switch (end_reason_) {
        case EndReason::none:
            break;
        case EndReason::drained:
            return "told to stop; add --resume to go on";
        case EndReason::out_of_time:
            return "no time for another task (" + time_limit_->in_words() + "); add --resume to go on";
        case EndReason::overrun:
            return fmt::format("the time is over ({}), {} {} were ended; add --resume to go on",
                               time_limit_->in_words(), tally.in_flight, things);
        case EndReason::tasks_ended:
            return "told to stop and to end what runs; add --resume to go on";
        case EndReason::stopped:
            return "told to stop at once; add --resume to go on";
        case EndReason::too_many_failures:
            return "stopped after too many failures";
        case EndReason::failed_fast:
            return settings_.fail_fast ? "stopped at the first failure" : "stopped after enough failures";
        case EndReason::enough_successes:
        case EndReason::halted_by_success:
            return "stopped after enough successes";
        case EndReason::store_broken:
            return "could not store any more";
    }
    return "";
}

}  // namespace rankpool::batch
