// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/session_call.hpp"

#include <algorithm>
#include <utility>

namespace rankpool::batch {
namespace {

/// So many tasks may wait to be tried again before no more inputs are read.
constexpr std::size_t most_waiting = 100'000;

}  // namespace

SessionCall::SessionCall(TypedTasks& tasks, InputSource& source, RecordedRun& run, SessionPool const& pool)
    : tasks_(tasks),
      source_(source),
      run_(run),
      pool_(pool),
      recorder_(tasks, run),
      last_input_(run.time().now()) {}

bool SessionCall::has_input() {
    if (current_) return true;
    if (run_.is_over()) return false;
    if (auto const first = again_.begin(); first != again_.end() && first->first <= run_.time().now()) {
        current_ = std::move(first->second);
        again_.erase(first);
    } else if (again_.size() < most_waiting) {
        run_.store_safely([this] { current_ = source_.next(); });
    }
    return current_ != nullptr;
}

void SessionCall::advance(std::uint64_t task, bool /*keep*/) {
    last_input_ = run_.time().now();
    flights_.emplace(task, std::move(current_));
    count_flights();
}

void SessionCall::encode(Flight const& flight, wire::Sink& sink) const {
    tasks_.encode(flight,
                  TaskPlace{flight.task, flight.attempt(), run_.terms().time_limit(),
                            run_.terms().largest_memory(), flight.failed_memory, flight.memory_failures},
                  sink);
}

void SessionCall::take_value(pool::TaskReport const& report, wire::Source& value) {
    // If this throws, take_failure follows.
    auto measurement = tasks_.decode(*flights_.at(report.task), value);
    run_.note_size(report.bytes);
    arrivals_.push_back({report, std::move(measurement), {}});
}

void SessionCall::take_failure(pool::TaskReport const& report, std::exception_ptr error) {
    arrivals_.push_back({report, {}, std::move(error)});
}

void SessionCall::take_busy(std::chrono::nanoseconds time) {
    run_.tally().worked += std::chrono::duration<double>(time).count();
}

std::uint64_t SessionCall::input_room() const {
    if (run_.is_over()) return 1;  // has_input will say that there is none
    std::uint64_t const under_way = flights_.size();
    std::uint64_t const window = run_.window();
    if (under_way >= window) return 0;
    std::uint64_t const room = window - under_way;
    if (auto const count = at_hand(room); count > 0) return std::min(room, count);
    if (!again_.empty() || source_.waits()) return 0;
    // What is under way may have to be tried again: that there are no more inputs is not told before.
    return under_way > 0 && !source_.is_broken() ? 0 : 1;
}

/// Tasks that can be handed out without waiting.
std::uint64_t SessionCall::at_hand(std::uint64_t room) const {
    std::uint64_t count = current_ ? 1 : 0;
    if (!again_.empty()) {
        auto const now = run_.time().now();
        for (auto next = again_.begin(); next != again_.end() && next->first <= now && count < room; ++next)
            ++count;
    }
    if (again_.size() < most_waiting) run_.store_safely([&] { count += source_.available(room); });
    return count;
}

void SessionCall::record_arrivals() {
    while (!arrivals_.empty()) {
        Arrival const arrival = std::move(arrivals_.front());
        arrivals_.pop_front();
        auto flight = std::move(flights_.extract(arrival.report.task).mapped());
        run_.store_safely([&] {
            if (!recorder_.record(*flight, arrival, pool_.host_of(arrival.report.rank))) return;
            flight->drop_result();
            auto const when = flight->next_try;
            again_.emplace(when, std::move(flight));
        });
    }
    count_flights();
    // Before the next is handed out: the first may show that there is no time for it.
    run_.look_at_time();
}

std::chrono::milliseconds SessionCall::interval() const {
    using namespace std::chrono_literals;
    return source_.waits() && run_.time().now() - last_input_ < 1s ? 1ms : longest_interval;
}

Flight* SessionCall::flight_of(link::MemberActivity const& activity) {
    if (activity.call != id) return nullptr;
    auto const found = flights_.find(activity.task);
    return found == flights_.end() ? nullptr : found->second.get();
}

}  // namespace rankpool::batch
