// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/measured.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/command/command_start.hpp"
#include "rankpool/batch/command/failed_with_output.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/core/usable_cores.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>

namespace rankpool::batch::detail {
namespace {

constexpr std::size_t longest_error = std::size_t{8} * 1024;

/// The only one on which this process runs; negative: there are several.
int own_processor() {
    // Workers are bound before their first task.
    static int const found = [] {
        auto const cores = usable_cores();
        return cores.size() == 1 ? cores.front() : -1;
    }();
    return found;
}

std::string text_of(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (...) {
        return detail::text_of_current_exception();
    }
}

}  // namespace

unsigned slot_here() {
    return worker::this_worker().member.value_or(0) + 1;
}

Measurement begin_measurement() {
    Measurement measurement;
    measurement.started = now_seconds();
    measurement.pid = ::getpid();
    return measurement;
}

void end_measurement(Measurement& measurement, Clock::time_point begin) {
    measurement.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    measurement.processor = own_processor();
    measurement.peak_memory = std::int64_t{usage.ru_maxrss} * 1024;
}

std::string text_of_current_exception() {
    auto const error = describe_current_exception();
    // It is written in several places, and a million tasks may say the same.
    return bounded_text(error.type_name + ": " + error.message, longest_error);
}

void note_current_exception(Measurement& measurement) {
    try {
        throw;
    } catch (FailedWithOutput const& failed) {
        measurement.out = failed.out();
        measurement.err = failed.err();
        measurement.error = text_of(failed.cause());
    } catch (NodeExhausted const& exhausted) {
        measurement.begun = false;
        measurement.error = exhausted.what();
    } catch (...) {
        measurement.error = text_of(std::current_exception());
    }
}

}  // namespace rankpool::batch::detail
