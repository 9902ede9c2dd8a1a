// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/link/messages.hpp"
#include "rankpool/pool/options.hpp"
#include "rankpool/wire/sink.hpp"
#include "rankpool/wire/source.hpp"
#include "rankpool/worker/blobs.hpp"
#include "rankpool/worker/transit.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>

namespace rankpool::pool {

/// What is known of a task beside its value.
struct TaskReport {
    std::uint64_t task = 0;
    Rank rank;
    std::chrono::nanoseconds elapsed{0};
    unsigned attempts = 1;
    std::size_t bytes = 0;  ///< size of its record, where it came in one
    int pid = 0;            ///< of the worker that it was lost with
};

/// One call of a pool in the owner's process: where its inputs come from and its results go. The pool pulls
/// inputs and pushes results; the types are known only to the classes below this one.
class Call {
  public:
    Call() = default;
    Call(Call const&) = delete;
    Call& operator=(Call const&) = delete;
    virtual ~Call() = default;

    /// Number of inputs, where it is known beforehand.
    [[nodiscard]] virtual std::optional<std::uint64_t> total() = 0;
    virtual FunctionId function() const = 0;
    virtual void encode_callable(wire::Sink& sink) const = 0;

    /// True while there is a next input. Throws what the input range throws.
    virtual bool has_input() = 0;
    /// Writes the next input; may be called again for the same one.
    virtual void encode_input(wire::Sink& sink) = 0;
    /// Goes on to the next input, keeping this one, the `task`th, for encode_kept if `keep`.
    virtual void advance(std::uint64_t task, bool keep) = 0;
    virtual void encode_kept(std::uint64_t task, wire::Sink& sink) = 0;
    virtual void drop_kept(std::uint64_t task) = 0;

    /// Takes the result of a task. What it throws becomes the task's failure.
    virtual void take_value(TaskReport const& report, wire::Source& value) = 0;
    virtual void take_failure(TaskReport const& report, std::exception_ptr error) = 0;
    /// A worker has been busy for so long with the tasks of the results that were taken last: their
    /// arguments, the function, their results.
    virtual void take_busy(std::chrono::nanoseconds /*time*/) {}
    /// Everything has been taken; called once, before ready.
    virtual void complete() {}
    /// How many more inputs may be pulled now.
    [[nodiscard]] virtual std::uint64_t input_room() const { return UINT64_MAX; }

    /// True if results that came before the input range threw are wanted all the same.
    [[nodiscard]] virtual bool keeps_prefix() const { return false; }
    /// False while the result of `task`, which needs a stream, shall wait with its worker.
    [[nodiscard]] virtual bool accepts_large(std::uint64_t /*task*/) const { return true; }

    /// Flags of link::CallFlags that come with the kind of call.
    [[nodiscard]] virtual std::uint32_t flags() const { return 0; }
    [[nodiscard]] bool is_fixed() const { return options.schedule == Schedule::fixed; }

    CallId id;
    std::unique_ptr<worker::OpenBlob> bound;  ///< what is bound to the callable, where it is large
    worker::Pins pins;                        ///< queues and connections in what has been sent
    MapOptions options;
    std::uint64_t fed = 0;       ///< tasks sent
    std::uint64_t finished = 0;  ///< results and failures taken
    std::uint64_t buffered = 0;  ///< bytes at the home
    bool inputs_ended = false;
    bool ready = false;
    std::exception_ptr input_error;  ///< what the input range threw
    std::exception_ptr ended_by;     ///< why there will be no more results: pool broken or terminated
    /// SerializationErrors of inputs, until their tasks come back skipped.
    std::map<std::uint64_t, std::exception_ptr> unsent;
};

}  // namespace rankpool::pool
