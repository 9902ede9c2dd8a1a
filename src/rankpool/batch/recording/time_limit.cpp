// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/time_limit.hpp"

#include "rankpool/batch/text/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

/// Of the tasks so far, those that took no longer than a new one is expected to take.
constexpr double usual_share = 0.95;
/// Where the time does not suffice for that.
constexpr double least_share = 0.5;
/// So much more than that is allowed for.
constexpr double safety = 1.2;
/// Between two looks a task may be handed out, and it takes a moment to get there.
constexpr auto delay = 100ms;
/// So long before the last task may start, all that is under way has started.
constexpr auto run_up = 1s;
/// Unless `--time-margin` says, this share of the time is kept free at its end, within bounds.
constexpr double margin_share = 0.05;
constexpr std::chrono::duration<double> least_margin = 1s;
/// After a program that has not succeeded mpirun itself takes some seconds, and then a job requeues itself.
constexpr std::chrono::duration<double> least_margin_in_job = 10s;
constexpr std::chrono::duration<double> most_margin = 60s;

constexpr auto first_patience = 3s;
constexpr auto interval = 10min;
/// Asked again before it stops for want of time.
constexpr auto last_interval = 30s;

std::optional<std::chrono::duration<double>> duration_in(std::string const& text) {
    if (auto const duration = parse_duration(text)) return *duration;
    return std::nullopt;
}

}  // namespace

TimeLimit::TimeLimit(RunSettings const& settings, TimeSource time, BatchSystem const* system)
    : time_(time), system_(system), timeout_(duration_in(settings.timeout)), share_(usual_share) {
    if (auto const limit = duration_in(settings.time_limit)) own_ = in_seconds(limit->count());
    std::optional<Clock::time_point> told;
    if (auto const end = BatchSystem::told_end()) told = in_seconds(*end - now_seconds());
    choose(told);
    if (system_) {
        ask();
        // This node's clock may be wrong.
        if (!told || *told <= time_.now()) take_answer(Deadline::after(first_patience));
    }
    auto const margin = duration_in(settings.time_margin);
    // What is not known yet may come.
    margin_ = margin.value_or(system_ ? least_margin_in_job : least_margin);
    if (!margin && end_) {
        margin_ =
            std::clamp(margin_share * left(), is_jobs_ ? least_margin_in_job : least_margin, most_margin);
    }
}

Clock::time_point TimeLimit::in_seconds(double seconds) const {
    // A century must not overflow the clock.
    std::chrono::duration<double> const bounded{std::min(seconds, 1e9)};
    return time_.now() + std::chrono::duration_cast<Clock::duration>(bounded);
}

void TimeLimit::choose(std::optional<Clock::time_point> jobs) {
    is_jobs_ = jobs && (!own_ || *jobs < *own_);
    end_ = is_jobs_ ? jobs : own_;
}

void TimeLimit::ask() {
    question_ = system_->ask_for_time();
    asked_ = time_.now();
}

void TimeLimit::take_answer(Deadline const& deadline) {
    auto const answer = question_->take(deadline);
    if (!answer) return;
    question_.reset();
    if (answer->problem.empty()) {
        if (answer->whole) whole_ = Seconds{*answer->whole};
        std::optional<Clock::time_point> end;
        if (answer->seconds) end = in_seconds(*answer->seconds);
        return choose(end);
    }
    // It is asked again all the time.
    if (!end_ && !std::exchange(has_problem_, true)) problem_ = answer->problem;
}

TimeLimit::Seconds TimeLimit::left() const {
    return *end_ - time_.now();
}

std::optional<TimeLimit::Seconds> TimeLimit::whole_time() const {
    if (!is_jobs_) return left();
    if (whole_) return whole_;
    auto const start = BatchSystem::told_start();
    if (!start) return std::nullopt;
    return left() + Seconds{std::max(0.0, now_seconds() - *start)};
}

std::string TimeLimit::why_hopeless(double notice) {
    auto const whole = end_ ? whole_time() : std::nullopt;
    if (!whole) return {};
    for (double const share : {usual_share, least_share}) {
        share_ = share;
        if (expected() + delay <= *whole - margin_ - Seconds{notice}) return {};
    }
    return fmt::format("{}, {} of which {} are kept free{}",
                       is_jobs_ ? "the job's time limit" : "--time-limit",
                       duration_text(std::max(0.0, whole->count())), duration_text(margin_.count() + notice),
                       durations_in_words());
}

TimeLimit::Seconds TimeLimit::expected() const {
    if (durations_.count() == 0) return timeout_.value_or(0s);
    Seconds const expected{safety * durations_.quantile(share_)};
    return timeout_ ? std::min(expected, *timeout_) : expected;
}

TimeLimit::Verdict TimeLimit::look(double notice) {
    if (end_) need_ = expected();
    if (question_) {
        take_answer(Deadline::after(0s));
    } else if (system_) {
        auto const ago = time_.now() - asked_;
        if (ago > interval || (ago > last_interval && end_ && left() < margin_ + need_ + 15s)) ask();
    }
    is_near_ = false;
    if (!end_) return Verdict::go_on;
    auto const rest = left() - margin_;
    is_near_ = rest < 2 * need_ + run_up;
    if (rest <= 0s) return Verdict::over;
    if (rest <= Seconds{notice}) return Verdict::nearly_over;
    return rest < need_ + delay ? Verdict::no_new_tasks : Verdict::go_on;
}

std::string TimeLimit::in_words() const {
    std::string text = is_jobs_ ? "the job's time limit" : "--time-limit";
    if (!end_) return text;
    return text + fmt::format(", {} left of which {} are kept free{}",
                              duration_text(std::max(0.0, left().count())), duration_text(margin_.count()),
                              durations_in_words());
}

std::string TimeLimit::durations_in_words() const {
    if (durations_.count() > 0) {
        return fmt::format("; {:.0f} % of the tasks took up to {}", 100 * share_,
                           duration_text(durations_.quantile(share_)));
    }
    return timeout_ ? fmt::format("; a task may take {}", duration_text(timeout_->count())) : "";
}

}  // namespace rankpool::batch
