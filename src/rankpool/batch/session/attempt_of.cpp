// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/attempt_of.hpp"

#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/error.hpp"

namespace rankpool::batch {
namespace {

/// Rank and host have columns of their own, and the number is not the input's.
std::string without_place(std::string const& text) {
    for (auto const* start : {"was ended by signal", "left with exit code"}) {
        if (auto const found = text.find(start); found != std::string::npos)
            return "the worker " + text.substr(found);
    }
    return text;
}

}  // namespace

Attempt attempt_of(Measurement const& measurement) {
    Attempt attempt;
    attempt.pid = measurement.pid;
    attempt.processor = measurement.processor;
    attempt.started = measurement.started;
    attempt.seconds = measurement.seconds;
    attempt.peak_memory = measurement.peak_memory;
    attempt.outcome = measurement.error.empty() ? AttemptOutcome::ok : AttemptOutcome::failed;
    attempt.error = measurement.error;
    attempt.out = measurement.out;
    attempt.err = measurement.err;
    attempt.command = measurement.command;
    if (attempt.command && attempt.command->peak_memory > 0)
        attempt.peak_memory = attempt.command->peak_memory;
    if (attempt.outcome == AttemptOutcome::failed && attempt.command && attempt.command->cause == "timeout") {
        attempt.outcome = AttemptOutcome::timeout;
    }
    return attempt;
}

Attempt attempt_of(std::exception_ptr const& error, pool::TaskReport const& report) {
    Attempt attempt;
    attempt.pid = report.pid;
    attempt.seconds = std::chrono::duration<double>(report.elapsed).count();
    attempt.started = now_seconds() - attempt.seconds;
    attempt.outcome = AttemptOutcome::failed;
    try {
        std::rethrow_exception(error);
    } catch (WorkerLost const& lost) {
        attempt.outcome = AttemptOutcome::lost;
        attempt.error = without_place(lost.what());
    } catch (TaskTimeout const&) {
        attempt.outcome = AttemptOutcome::timeout;
        attempt.error = "ran longer than --timeout";
    } catch (...) {
        auto const caught = describe_current_exception();
        attempt.error = caught.type_name + ": " + caught.message;
    }
    return attempt;
}

}  // namespace rankpool::batch
