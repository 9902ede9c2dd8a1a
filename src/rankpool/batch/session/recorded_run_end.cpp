// SPDX-License-Identifier: MIT
// How a recorded run ends: with which exit code and words.
#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/report/report.hpp"
#include "rankpool/batch/session/recorded_run.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/printable.hpp"
#include "rankpool/worker/here.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rankpool::batch {
namespace {

/// Which the job has gone on without.
std::string loss_of_ranks() {
    auto const& lost = worker::here().post.lost_ranks();
    return lost.empty() ? "" : ", " + counted(lost.size(), "rank") + " lost";
}

}  // namespace

bool RecordedRun::is_complete() const {
    return ending_ != Ending::store_broken && tally_.total && tally_.all_ok() == *tally_.total;
}

ExitCode RecordedRun::exit_code() const {
    switch (ending_) {
        case Ending::store_broken:
        case Ending::stopped:
        case Ending::drained:
        case Ending::out_of_time:
        case Ending::tasks_ended:
        case Ending::overrun:
            // A signal that came when all was done has stopped nothing.
            if (is_complete()) break;
            return ExitCode::stopped_early;
        case Ending::none:
            // Every task has an end, or this program has lost one.
            if (tally_.done() != tally_.total) return ExitCode::program_failed;
            break;
        case Ending::too_many_failures:
        case Ending::failed_fast:
            break;
        case Ending::enough_successes:
        case Ending::halted_by_success:
            return ExitCode::success;
    }
    return tally_.all_failed() + tally_.all_lost() > 0 ? ExitCode::tasks_failed : ExitCode::success;
}

std::string RecordedRun::ending_in_words() const {
    switch (ending_) {
        case Ending::none:
            break;
        case Ending::drained:
            return "told to stop; add --resume to go on";
        case Ending::out_of_time:
            return "no time for another task (" + time_limit_->in_words() + "); add --resume to go on";
        case Ending::overrun:
            return fmt::format("the time is over ({}), {} {} were ended; add --resume to go on",
                               time_limit_->in_words(), tally_.in_flight, things_);
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

std::string RecordedRun::last_line() const {
    double const capacity = wall_ * workers_;
    double const efficiency = capacity > 0 ? std::min(1.0, tally_.busy / capacity) : 0;
    std::string text =
        fmt::format("{} ok, {} failed, {} lost", tally_.all_ok(), tally_.all_failed(), tally_.all_lost());
    if (tally_.total) text += fmt::format(" of {}", *tally_.total);
    text += fmt::format(" in {} on {}{}, efficiency {:.0f} %, {}", duration_text(wall_),
                        counted(static_cast<std::size_t>(workers_), "worker"), loss_of_ranks(),
                        100 * efficiency, printable(directory_.path().string()));
    auto const before = tally_.ok_before + tally_.failed_before + tally_.lost_before;
    if (before > 0) text += fmt::format(" ({} of them before)", before);
    return text;
}

void RecordedRun::tell_reasons() const {
    constexpr std::size_t most_told = 5;
    std::uint64_t left = other_failures_;
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
        auto const& [error, first, count] = reasons_[i];
        if (i >= most_told) {
            left += count;
        } else if (count == 1) {
            tell(fmt::format("failed: {} ({})\n", error, first));
        } else {
            tell(fmt::format("failed, {} times: {} (first {})\n", count, error, first));
        }
    }
    if (reasons_.empty()) return;
    auto const program = session_.program.substr(0, session_.program.find(' '));
    tell(fmt::format("{}{} export --failed {} tells all\n",
                     left > 0 ? fmt::format("and {} more for other reasons; ", left) : "", program,
                     printable(directory_.path().string())));
}

ExitCode RecordedRun::finish(std::optional<ExitCode> job_says) {
    ExitCode code = exit_code();
    if (job_says && *job_says != ExitCode::success) code = *job_says;
    auto const unprinted = end_output();
    if (!unprinted.empty() && code != ExitCode::wrong_use && code != ExitCode::stopped_early) {
        code = ExitCode::output_failed;
    }
    wall_ = std::chrono::duration<double>(Clock::now() - started_).count();
    // By the same clock, which nobody sets: what reads the two takes their difference.
    session_.ended = session_.started + wall_;
    session_.exit_code = static_cast<int>(code);
    std::string const end = code == ExitCode::stopped_early || ending_ == Ending::too_many_failures ||
                                    ending_ == Ending::failed_fast || ending_ == Ending::enough_successes ||
                                    ending_ == Ending::halted_by_success
                                ? ending_in_words()
                                : "";
    bool const failed = job_says && *job_says != ExitCode::success;
    session_.end = !end.empty() ? end : failed ? "ended by an error of its input or of the job" : "done";
    if (code == ExitCode::output_failed) session_.end = "done, but stdout could not be written";
    store_safely([&] { store_->end_session(session_); });
    bool const broken = ending_ == Ending::store_broken;
    if (broken) {
        code = ExitCode::stopped_early;
        say(store_error_);
    }
    store_.reset();
    write_status(broken ? "stopped" : session_.end);
    directory_.log(last_line());
    if (disappeared_ > 0) {
        say(
            fmt::format("{} inputs of earlier sessions have not come any more (their rows are kept, with "
                        "negative numbers)",
                        disappeared_));
    }
    if (!end.empty() && !broken) say(end);
    if (!unprinted.empty()) {
        auto const run = directory_.path().string();
        auto const program = session_.program.substr(0, session_.program.find(' '));
        say(fmt::format("{}. They are stored in {}: {} export {}?", unprinted, run, program, run));
    }
    tell_reasons();
    tell(last_line() + "\n");
    // Last, since it takes its time after millions of tasks, and a signal may leave none.
    if (!broken) write_report();
    return code;
}

void RecordedRun::write_report() const {
    try {
        directory_.write(directory_.report(), report_page(directory_.database()),
                         AtomicFile::Durability::synced);
    } catch (Error const& error) {
        // All the results are stored.
        say(std::string{"there is no report: "} + error.what());
    }
}

/// By tasks of the same run, or the newest that was like it; empty where there is none.
std::string RecordedRun::expectation(std::uint64_t tasks, double rounds) const {
    if (!earlier_ || tasks == 0) return {};
    double const turns = std::max(std::ceil(static_cast<double>(tasks) / workers_), rounds);
    auto text = fmt::format("it would take about {} on {}: {} each by {} of {}",
                            duration_text(turns * earlier_->seconds),
                            counted(static_cast<std::size_t>(workers_), "worker"),
                            duration_text(earlier_->seconds), earlier_->count, earlier_->run.string());
    if (earlier_->memory > 0)
        text += fmt::format(", with up to {} of memory", size_text(static_cast<double>(earlier_->memory)));
    return text + "\n";
}

ExitCode RecordedRun::finish_dry(bool has_shown, double rounds) {
    auto const done = tally_.done();
    auto const text = fmt::format(
        "{} of {} {} would run; {} are done already ({} ok, {} failed, {} lost); run directory {}\n",
        tally_.inputs - done, tally_.inputs, things_, done, tally_.all_ok(), tally_.all_failed(),
        tally_.all_lost(), directory_.path().string());
    if (has_shown) {
        tell(text);
    } else {
        print(text);
    }
    tell(expectation(tally_.inputs - done, rounds));
    return ExitCode::success;
}

}  // namespace rankpool::batch
