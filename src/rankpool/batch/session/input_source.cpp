// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/input_source.hpp"

#include "rankpool/batch/store/key.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace rankpool::batch {
namespace {

constexpr std::uint64_t shuffle_window = 100'000;
constexpr std::uint64_t most_read_ahead = 512;
/// A stream that comes slowly must not hold up what is there.
constexpr std::chrono::microseconds reading_time{200};

}  // namespace

InputSource::InputSource(TypedTasks& tasks, RecordedRun& run)
    : tasks_(tasks), run_(run), shuffles_(run.settings().shuffle) {
    run_.expect(tasks_.expected());
}

std::size_t InputSource::available(std::uint64_t wanted) {
    if (!waits()) fill(wanted);
    return ahead_.size();
}

std::unique_ptr<Flight> InputSource::next() {
    fill(1);
    if (ahead_.empty() && error_) std::rethrow_exception(std::exchange(error_, {}));
    if (ahead_.empty()) return nullptr;
    // Modulo is biased by less than 1e-14.
    if (shuffles_) std::swap(ahead_[random_() % ahead_.size()], ahead_.front());
    auto flight = std::move(ahead_.front());
    ahead_.pop_front();
    return flight;
}

void InputSource::fill(std::uint64_t wanted) {
    std::uint64_t const target = shuffles_ ? shuffle_window : std::min(wanted, most_read_ahead);
    auto const start = run_.time().now();
    while (!ended_ && ahead_.size() < target) {
        if (run_.is_over()) return;
        bool const has_waited = run_.time().now() - start > reading_time || !tasks_.is_ready();
        if (!shuffles_ && !ahead_.empty() && has_waited) return;
        try {
            read();
        } catch (StoreError const&) {
            throw;
        } catch (...) {
            error_ = std::current_exception();
            ended_ = true;
        }
    }
}

void InputSource::read() {
    if (!run_.wants_more_inputs()) {
        ended_ = true;
        return run_.end_inputs(false);
    }
    auto flight = tasks_.next();
    if (!flight) {
        ended_ = true;
        return run_.end_inputs(true);
    }
    flight->task = static_cast<std::int64_t>(run_.tally().inputs);
    flight->key = key_of_input(*flight);
    flight->before = run_.claim(flight->key);
    bool const again = flight->before.state == Claim::State::failed && run_.settings().retry_failed;
    if (again || flight->before.state == Claim::State::open) {
        tasks_.taken(*flight);
        ahead_.push_back(std::move(flight));
    } else {
        tasks_.passed_over(*flight);
    }
}

InputKey InputSource::key_of_input(Flight const& flight) {
    scratch_.clear();
    tasks_.encode_input(flight, scratch_);
    return key_of(scratch_.bytes(), run_.seed());
}

}  // namespace rankpool::batch
