// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/session/measurement.hpp"
#include "rankpool/batch/session/run_over.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace rankpool::batch {

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

/// The worker's place among those of its pool, from 1.
unsigned slot_here();
Measurement begin_measurement();
/// `begin`: when the task began, by the clock that nobody sets.
void end_measurement(Measurement& measurement, Clock::time_point begin);
/// In a catch block.
std::string text_of_current_exception();
/// In a catch block: notes what was thrown.
void note_current_exception(Measurement& measurement);

}  // namespace detail

/// Does one task of a job, in a worker, unless the run is over; `work` may ask for its place as well.
template <class J, class Input, class Result>
Measured<Result> perform(J const& job, RunOver const& over, Input const& input, TaskPlace const& told) {
    Measured<Result> done;
    done.measurement = detail::begin_measurement();
    done.measurement.is_left = over.is_told();
    if (done.measurement.is_left) return done;
    auto const begin = Clock::now();
    TaskPlace place = told;
    place.slot = detail::slot_here();
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
