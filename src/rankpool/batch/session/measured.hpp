// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/command_end.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/wire/std_types.hpp"
#include "rankpool/worker/here.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

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
    std::optional<CommandEnd> command;  ///< where the task was one

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& started& seconds& peak_memory& pid& error& begun& out& err& command;
    }
};

/// Which of a run's tasks it is; and where the task leaves how its command ended, and how long it waited.
struct TaskPlace {
    std::int64_t task = 0;     ///< its number in the store, from 0
    unsigned attempt = 1;      ///< the number of times that it has been begun, this one among them
    double limit = 0;          ///< seconds that it may take; 0: any
    std::uint64_t memory = 0;  ///< bytes that the largest task before had, where that is measured
    std::uint64_t failed_memory =
        0;                         ///< bytes that it had when its memory did not suffice for the first time
    unsigned memory_failures = 0;  ///< the number of times that its memory did not suffice, in this session
    unsigned slot = 1;             ///< the worker that does it, from 1 to their number
    std::optional<CommandEnd> end{};
    Clock::duration waited{0};  ///< before it began, for what it needs

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& task& attempt& limit& memory& failed_memory& memory_failures;
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

template <class J, class Input>
concept asks_for_place = requires(J const& job, Input const& input, TaskPlace& place) {
    job.work(input, place);
};

template <class J, class Input>
auto result_of_work() {
    if constexpr (asks_for_place<J, Input>) {
        return std::type_identity<decltype(std::declval<J const&>().work(std::declval<Input const&>(),
                                                                         std::declval<TaskPlace&>()))>{};
    } else {
        return std::type_identity<decltype(std::declval<J const&>().work(std::declval<Input const&>()))>{};
    }
}

Measurement begin_measurement();
/// `begin`: when the task began, by the clock that nobody sets.
void end_measurement(Measurement& measurement, Clock::time_point begin);
/// In a catch block.
std::string text_of_current_exception();
/// In a catch block: notes what was thrown.
void note_current_exception(Measurement& measurement);

}  // namespace detail

/// Does one task of a job, in a worker; `work` may ask for its place as well.
template <class J, class Input, class Result>
Measured<Result> perform(J const& job, Input const& input, TaskPlace const& told) {
    Measured<Result> done;
    done.measurement = detail::begin_measurement();
    auto const begin = Clock::now();
    TaskPlace place = told;
    place.slot = worker::here().member.value_or(0) + 1;
    try {
        if constexpr (detail::asks_for_place<J, Input>) {
            done.result.emplace(job.work(input, place));
        } else {
            done.result.emplace(job.work(input));
        }
    } catch (...) {
        detail::note_current_exception(done.measurement);
    }
    done.measurement.command = std::move(place.end);
    done.measurement.started += std::chrono::duration<double>(place.waited).count();
    detail::end_measurement(done.measurement, begin + place.waited);
    return done;
}

}  // namespace rankpool::batch
