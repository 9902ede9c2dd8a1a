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
    if (StopSignals::requested() == StopRequest::now) end(Ending::stopped);
    if (StopSignals::requested() == StopRequest::end_tasks) end(Ending::tasks_ended);
    if (StopSignals::requested() == StopRequest::drain) {
        end(Ending::drained);
        tells_tasks_to_end_ = notice_ > 0;
    }
}

void RunEnd::look_at_time(std::uint64_t in_flight) {
    if (!time_limit_) return;
    auto const verdict = time_limit_->look(notice_);
    tells_tasks_to_end_ |= verdict == TimeLimit::Verdict::nearly_over;
    if (verdict != TimeLimit::Verdict::go_on) end(Ending::out_of_time);
    if (verdict == TimeLimit::Verdict::over && in_flight > 0) end(Ending::overrun);
    if (auto const problem = time_limit_->take_problem(); !problem.empty()) {
        say("cannot know the job's time limit (" + problem + "). Give --time-limit?");
    }
}

void RunEnd::look_at_failure(Tally const& tally) {
    check_halt(tally);
    if (settings_.fail_fast) end(Ending::failed_fast);
    if (!max_fails_) return;
    auto const failures = static_cast<double>(tally.failed + tally.lost);
    double const allowed =
        max_fails_->is_percent ? max_fails_->value * (whole(tally) / 100) : max_fails_->value;
    if (failures > allowed) end(Ending::too_many_failures);
}

void RunEnd::check_halt(Tally const& tally) {
    if (!halt_) return;
    double const wanted = halt_->is_percent ? halt_->count / 100 * whole(tally) : halt_->count;
    auto const now = static_cast<double>(halt_->by_success ? tally.ok : tally.failed + tally.lost);
    if (now < wanted) return;
    if (halt_->by_success) {
        end(halt_->at_once ? Ending::halted_by_success : Ending::enough_successes);
    } else {
        end(halt_->at_once ? Ending::failed_fast : Ending::too_many_failures);
    }
}

void RunEnd::end(Ending ending) {
    // The first reason counts, but what is over at once is not held up by what drains.
    if (ending_ == Ending::none || (ending >= Ending::tasks_ended && !is_at_once())) ending_ = ending;
}

void RunEnd::break_store(StoreError const& error) {
    store_error_ = error.what();
    ending_ = Ending::store_broken;
}

bool RunEnd::was_told() const {
    return gathers() || ending_ == Ending::stopped || ending_ == Ending::failed_fast ||
           ending_ == Ending::halted_by_success;
}

bool RunEnd::is_complete(Tally const& tally) const {
    return !is_store_broken() && tally.total && tally.all_ok() == *tally.total;
}

ExitCode RunEnd::exit_code(Tally const& tally) const {
    switch (ending_) {
        case Ending::store_broken:
        case Ending::stopped:
        case Ending::drained:
        case Ending::out_of_time:
        case Ending::tasks_ended:
        case Ending::overrun:
            // A signal that came when all was done has stopped nothing.
            if (is_complete(tally)) break;
            return ExitCode::stopped_early;
        case Ending::none:
            // Every task has an end, or this program has lost one.
            if (tally.done() != tally.total) return ExitCode::program_failed;
            break;
        case Ending::too_many_failures:
        case Ending::failed_fast:
            break;
        case Ending::enough_successes:
        case Ending::halted_by_success:
            return ExitCode::success;
    }
    return tally.all_failed() + tally.all_lost() > 0 ? ExitCode::tasks_failed : ExitCode::success;
}

/// Enough tasks have failed, or succeeded.
bool RunEnd::is_by_count() const {
    return ending_ == Ending::too_many_failures || ending_ == Ending::failed_fast ||
           ending_ == Ending::enough_successes || ending_ == Ending::halted_by_success;
}

std::string RunEnd::in_words(ExitCode code, Tally const& tally, std::string const& things) const {
    if (code != ExitCode::stopped_early && !is_by_count()) return "";
    switch (ending_) {
        case Ending::none:
            break;
        case Ending::drained:
            return "told to stop; add --resume to go on";
        case Ending::out_of_time:
            return "no time for another task (" + time_limit_->in_words() + "); add --resume to go on";
        case Ending::overrun:
            return fmt::format("the time is over ({}), {} {} were ended; add --resume to go on",
                               time_limit_->in_words(), tally.in_flight, things);
        case Ending::tasks_ended:
            return "told to stop and to end what runs; add --resume to go on";
        case Ending::stopped:
            return "told to stop at once; add --resume to go on";
        case Ending::too_many_failures:
            return "stopped after too many failures";
        case Ending::failed_fast:
            return settings_.fail_fast ? "stopped at the first failure" : "stopped after enough failures";
        case Ending::enough_successes:
        case Ending::halted_by_success:
            return "stopped after enough successes";
        case Ending::store_broken:
            return "could not store any more";
    }
    return "";
}

}  // namespace rankpool::batch
