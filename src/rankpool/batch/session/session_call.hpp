// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/recording/recorded_run.hpp"
#include "rankpool/batch/session/attempt_recorder.hpp"
#include "rankpool/batch/session/input_source.hpp"
#include "rankpool/batch/session/session_pool.hpp"
#include "rankpool/batch/session/typed_tasks.hpp"
#include "rankpool/pool/call.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

namespace rankpool::batch {

/// A recorded job's tasks as the call of a pool: hands them out as a few are wanted, holds what comes back
/// until it is recorded, and hands out again what has failed. Holds no more inputs than the run's window, and
/// as many that wait to be tried again as fit easily.
class SessionCall final : public pool::Call {
  public:
    /// All of these must outlive it.
    SessionCall(TypedTasks& tasks, InputSource& source, RecordedRun& run, SessionPool const& pool);

    std::optional<std::uint64_t> total() override { return std::nullopt; }
    FunctionId function() const override { return tasks_.function(); }
    void encode_callable(wire::Sink& sink) const override { tasks_.encode_callable(sink); }

    bool has_input() override;
    void encode_input(wire::Sink& sink) override { encode(*current_, sink); }
    void advance(std::uint64_t task, bool keep) override;
    void encode_kept(std::uint64_t task, wire::Sink& sink) override { encode(*flights_.at(task), sink); }
    void drop_kept(std::uint64_t /*task*/) override {}

    void take_value(pool::TaskReport const& report, wire::Source& value) override;
    void take_failure(pool::TaskReport const& report, std::exception_ptr error) override;
    void take_busy(std::chrono::nanoseconds time) override;
    [[nodiscard]] bool keeps_prefix() const override { return true; }
    [[nodiscard]] std::uint64_t input_room() const override;

    [[nodiscard]] bool has_arrivals() const { return !arrivals_.empty(); }
    /// Records what has come.
    void record_arrivals();

    /// How soon to look for what comes from elsewhere: after a moment while it comes, less often while not.
    [[nodiscard]] std::chrono::milliseconds interval() const;
    static constexpr std::chrono::milliseconds longest_interval{50};

    /// The task that a worker is at; none where it is of another call, or its result has been recorded.
    Flight* flight_of(link::MemberActivity const& activity);

  private:
    void encode(Flight const& flight, wire::Sink& sink) const;
    [[nodiscard]] std::uint64_t at_hand(std::uint64_t room) const;
    void count_flights() { run_.tally().in_flight = flights_.size(); }

    TypedTasks& tasks_;
    InputSource& source_;
    RecordedRun& run_;
    SessionPool const& pool_;
    AttemptRecorder recorder_;
    std::unique_ptr<Flight> current_;                                  ///< the input that the pool looks at
    std::multimap<Clock::time_point, std::unique_ptr<Flight>> again_;  ///< by when they may be
    std::unordered_map<std::uint64_t, std::unique_ptr<Flight>> flights_;  ///< by the pool's numbers
    std::deque<Arrival> arrivals_;
    Clock::time_point last_input_;
};

}  // namespace rankpool::batch
