// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"
#include "rankpool/batch/session/flight.hpp"
#include "rankpool/batch/session/measurement.hpp"
#include "rankpool/batch/store/attempt.hpp"
#include "rankpool/core/ids.hpp"
#include "rankpool/wire/sink.hpp"
#include "rankpool/wire/source.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

class RecordedRun;

/// All that the loop of a session asks of a job's types: which inputs there are, how tasks travel, and what
/// stands in the columns. JobTasks answers for a job; a test may answer itself. In the main worker; one
/// thread. Each flight that is handed in has come from `next`.
class TypedTasks {
  public:
    TypedTasks() = default;
    TypedTasks(TypedTasks const&) = delete;
    TypedTasks& operator=(TypedTasks const&) = delete;
    virtual ~TypedTasks() = default;

    /// The number of inputs, where that is known before they are read.
    virtual std::optional<std::uint64_t> expected() = 0;
    /// False where `next` would wait.
    [[nodiscard]] virtual bool is_ready() const { return true; }
    /// A task for the next input; nothing after the last one. Throws what reading throws.
    virtual std::unique_ptr<Flight> next() = 0;
    /// Writes the input alone: by these bytes it is known again.
    virtual void encode_input(Flight const& flight, wire::Sink& sink) const = 0;

    // As pool::Call has them.
    [[nodiscard]] virtual FunctionId function() const = 0;
    virtual void encode_callable(wire::Sink& sink) const = 0;
    /// Writes what a worker needs for the task.
    virtual void encode(Flight const& flight, TaskPlace const& place, wire::Sink& sink) const = 0;
    /// Reads what a worker has made of it. The flight keeps the result, unless the task threw.
    virtual Measurement decode(Flight& flight, wire::Source& source) const = 0;

    /// `columns`: those of inputs, as the store has them.
    virtual void append_input(Flight const& flight, std::vector<Column> const& columns,
                              std::vector<Value>& values) const = 0;
    /// False where there is no result.
    virtual bool append_result(Flight const& flight, std::vector<Value>& values) const = 0;
    /// Further columns of the result, for a job that has such.
    [[nodiscard]] virtual std::optional<std::vector<std::pair<std::string, Value>>> more_values(
        Flight const& /*flight*/) const {
        return std::nullopt;
    }

    // For a job that looks on: see TaskObserver.
    virtual void taken(Flight const& /*flight*/) {}
    virtual void passed_over(Flight const& /*flight*/) {}
    virtual void succeeded(Attempt const& /*attempt*/, Flight const& /*flight*/) {}
    virtual void failed(Attempt const& /*attempt*/, Flight const& /*flight*/) {}
    virtual void tick() {}
    virtual void end() {}
    /// The job may tell tasks that run how the session goes on; called often.
    virtual void direct(RecordedRun const& /*run*/) {}
};

}  // namespace rankpool::batch
