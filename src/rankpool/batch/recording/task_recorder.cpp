// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/task_recorder.hpp"

#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/core/log.hpp"

#include <fmt/format.h>

#include <chrono>

namespace rankpool::batch {

void TaskRecorder::add_result(Attempt const& attempt, std::span<Value const> values, bool had_failed) {
    store_.add_attempt(attempt);
    store_.add_result(attempt.task, values, had_failed);
    tally_.count(attempt);
    note_health(attempt);
    ++tally_.ok;
}

void TaskRecorder::add_failure(Attempt const& attempt, std::span<Value const> input, bool is_final) {
    store_.add_attempt(attempt);
    tally_.count(attempt);
    note_health(attempt);
    directory_.log(fmt::format("task {} {} on rank {}, {}: {}{}", attempt.task, word_for(attempt.outcome),
                               attempt.rank, attempt.host, attempt.error, is_final ? "" : "; tried again"));
    if (!is_final) {
        ++tally_.retried;
        return;
    }
    store_.add_failure(attempt.task, attempt, input);
    ++(attempt.outcome == AttemptOutcome::lost ? tally_.lost : tally_.failed);
}

void TaskRecorder::pass_over(Attempt const& attempt) const {
    directory_.log(fmt::format("task {} was told to end after {} on rank {}, {}, and is not done",
                               attempt.task, duration_text(attempt.seconds), attempt.rank, attempt.host));
}

void TaskRecorder::pass_over_running() const {
    for (auto const& worker : tally_.now) {
        if (worker.activity == WorkerNow::Activity::waiting) continue;
        std::chrono::duration<double> const taken = Clock::now() - worker.begun;
        directory_.log(fmt::format("task {} was ended after {} on rank {}, {}, and is not done", worker.task,
                                   duration_text(taken.count()), worker.rank, worker.host));
    }
}

void TaskRecorder::commit_if_due(bool idle) {
    store_.commit_if_due(idle);
    if (!store_.has_uncommitted()) committed_ = {tally_.ok, tally_.failed, tally_.lost};
}

void TaskRecorder::count_committed_only() {
    tally_.ok = committed_.ok;
    tally_.failed = committed_.failed;
    tally_.lost = committed_.lost;
}

void TaskRecorder::note_health(Attempt const& attempt) {
    auto const bad = health_.note(attempt.host, attempt.task, attempt.outcome == AttemptOutcome::ok);
    if (!bad) return;
    auto const words = fmt::format(
        "{} gets no more tasks (the last {} failed there, while {} succeeded elsewhere). --resume tries "
        "again what has failed",
        bad->host, bad->failures, bad->good_elsewhere);
    directory_.log(words);
    say(words);
    bad_nodes_.push_back(bad->host);
}

}  // namespace rankpool::batch
