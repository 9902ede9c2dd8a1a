// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"
#include "rankpool/wire/std_types.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rankpool::batch {

/// How a task went in its worker.
struct Measurement {
    double started = 0;  ///< seconds since 1970
    double seconds = 0;
    std::int64_t peak_memory = 0;  ///< of the worker so far, in bytes
    int pid = 0;
    std::string error;  ///< type and text of what was thrown
    bool begun = true;  ///< false: it could not be begun on this node, which is not the task's fault
    std::string out;    ///< of a task that failed: what it had written
    std::string err;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& started& seconds& peak_memory& pid& error& begun& out& err;
    }
};

/// A result, unless the task threw, and how it came about.
template <class Result>
struct Measured {
    Measurement measurement;
    std::optional<Result> result;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& measurement& result;
    }
};

namespace detail {

Measurement begin_measurement();
/// `begin`: when the task began, by the clock that nobody sets.
void end_measurement(Measurement& measurement, Clock::time_point begin);
/// In a catch block.
std::string text_of_current_exception();
/// In a catch block: notes what was thrown.
void note_current_exception(Measurement& measurement);

}  // namespace detail

/// Does one task of a job, in a worker.
template <class J, class Input, class Result>
Measured<Result> perform(J const& job, Input const& input) {
    Measured<Result> done;
    done.measurement = detail::begin_measurement();
    auto const begin = Clock::now();
    try {
        done.result.emplace(job.work(input));
    } catch (...) {
        detail::note_current_exception(done.measurement);
    }
    detail::end_measurement(done.measurement, begin);
    return done;
}

}  // namespace rankpool::batch
