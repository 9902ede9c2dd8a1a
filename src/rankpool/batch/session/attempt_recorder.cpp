// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/attempt_recorder.hpp"

#include "rankpool/batch/session/attempt_of.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace rankpool::batch {
namespace {

/// So often a task is given to another worker that could not be begun, before that counts as a failure.
constexpr unsigned most_not_begun = 10;

bool has_cause(Attempt const& attempt, char const* cause) {
    return attempt.command && attempt.command->cause == cause;
}

}  // namespace

bool AttemptRecorder::record(Flight& flight, Arrival const& arrival, std::string host) {
    bool const has_come = !arrival.error;
    // It is as if it had not been handed out.
    if (has_come && arrival.measurement.is_left) return false;
    Attempt attempt = has_come ? attempt_of(arrival.measurement) : attempt_of(arrival.error, arrival.report);
    attempt.task = flight.task;
    attempt.number = flight.attempt();
    attempt.rank = arrival.report.rank.value;
    attempt.host = std::move(host);
    if (has_come) {
        run_.tally().measured += arrival.measurement.seconds;
        if (attempt.command && attempt.outcome == AttemptOutcome::ok)
            run_.terms().note_memory(attempt.command->peak_memory);
    }
    values_.clear();
    tasks_.append_input(flight, run_.record().input_columns, values_);
    if (has_come && record_result(flight, attempt)) return false;
    return record_failure(flight, attempt, !has_come || arrival.measurement.begun);
}

/// False where it has none that can be stored; the attempt has failed then.
bool AttemptRecorder::record_result(Flight const& flight, Attempt& attempt) {
    std::size_t const inputs = values_.size();
    if (!tasks_.append_result(flight, values_)) return false;
    if (auto const more = tasks_.more_values(flight)) run_.append_more(*more, values_);
    if (!fit_for_store(values_)) {
        values_.resize(inputs);
        attempt.outcome = AttemptOutcome::failed;
        attempt.error = "the result has a field that is too large for the database (beyond 900 MB)";
        return false;
    }
    run_.record_result(attempt, values_, flight.before.state == Claim::State::failed);
    tasks_.succeeded(attempt, flight);
    return true;
}

/// True if the task is to be tried again.
bool AttemptRecorder::record_failure(Flight& flight, Attempt const& attempt, bool begun) {
    // Slurm tells all processes at once to end, also what a task has started.
    if (run_.was_told_to_end()) return false;
    if (has_cause(attempt, "told")) {
        run_.pass_over(attempt);
        return false;
    }
    ++flight.failures;
    if (has_cause(attempt, "memory") && flight.memory_failures++ == 0)
        flight.failed_memory =
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, attempt.command->peak_memory));
    if (!begun && flight.not_begun < most_not_begun) ++flight.not_begun;
    unsigned const counted = flight.failures - flight.not_begun;
    bool const again = run_.tries_again(attempt, counted);
    run_.record_failure(attempt, values_, !again);
    if (again) {
        flight.next_try = run_.terms().next_try(counted);
    } else {
        tasks_.failed(attempt, flight);
    }
    return again;
}

}  // namespace rankpool::batch
