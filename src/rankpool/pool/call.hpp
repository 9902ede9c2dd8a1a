// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/core/progress.hpp"
#include "rankpool/pool/options.hpp"
#include "rankpool/protocol/messages.hpp"
#include "rankpool/wire/sink.hpp"
#include "rankpool/wire/source.hpp"
#include "rankpool/worker/blobs.hpp"
#include "rankpool/worker/transfer_scope.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
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

class PoolClient;

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

    /// True while there is a next input, which is read now if it has not been. Throws what the input range
    /// throws.
    virtual bool has_input() = 0;
    /// Writes that input.
    virtual void encode_input(wire::Sink& sink) = 0;
    /// Is done with it, the `task`th, but keeps it for encode_kept if `keep`. Reads nothing.
    virtual void advance(std::uint64_t task, bool keep) = 0;
    virtual void encode_kept(std::uint64_t task, wire::Sink& sink) = 0;
    virtual void drop_kept(std::uint64_t task) = 0;
    /// No more inputs will be read: the range may go, as soon as none of its elements are kept.
    virtual void release_inputs() {}
    /// The call has ended: what is kept is not wanted any more.
    virtual void drop_all_kept() {}

    /// True if an input may be encoded more than once: none of the user's code is called for it.
    [[nodiscard]] virtual bool encodes_again() const { return false; }
    /// True if none of the user's code is called to read an input, which then takes no time.
    [[nodiscard]] virtual bool reads_at_once() const { return false; }
    enum class End { known, unknown, never };
    /// What is known of the end of the inputs beforehand.
    [[nodiscard]] virtual End end_of_inputs() const { return End::unknown; }

    /// Takes the result of a task. What it throws becomes the task's failure.
    virtual void take_value(TaskReport const& report, wire::Source& value) = 0;
    /// The same for one that did not fit into a frame.
    virtual void take_large(TaskReport const& report, Buffer value) {
        wire::Source source{value.bytes()};
        take_value(report, source);
    }
    /// True if take_value may be given a large result while it comes, which may break off in the middle.
    [[nodiscard]] virtual bool takes_streams() const { return false; }
    virtual void take_failure(TaskReport const& report, std::exception_ptr error) = 0;
    /// A worker has been busy for so long with the tasks of the results that were taken last: their
    /// arguments, the function, their results.
    virtual void take_busy(std::chrono::nanoseconds /*time*/) {}
    /// Everything has been taken; called once, before ready.
    virtual void complete() {}
    /// It has ended with an error.
    [[nodiscard]] virtual bool has_failed() const { return false; }
    /// How many more inputs may be pulled now.
    [[nodiscard]] virtual std::uint64_t input_room() const { return UINT64_MAX; }

    /// True if results that came before the input range threw are wanted all the same.
    [[nodiscard]] virtual bool keeps_prefix() const { return false; }
    /// Flags of link::CallFlags that come with the kind of call.
    [[nodiscard]] virtual std::uint32_t flags() const { return 0; }
    [[nodiscard]] bool is_fixed() const { return options.schedule == Schedule::fixed; }

    /// Inputs that may follow those in flight when nobody takes results any more.
    [[nodiscard]] std::uint64_t most_joined(std::uint64_t in_flight) const {
        constexpr std::uint64_t most = 1'000'000;
        if (end_of_inputs() == End::known) return UINT64_MAX;
        return in_flight < most ? most - in_flight : 0;
    }

    CallId id;
    std::uint64_t birth = 0;                  ///< counts the calls of this process, from 1
    std::uint64_t workers = 1;                ///< of the pool
    std::unique_ptr<worker::OpenBlob> bound;  ///< what is bound to the callable, where it is large
    worker::Pins pins;                        ///< queues and connections in what has been sent
    MapOptions options;
    std::uint64_t fed = 0;                   ///< tasks sent
    std::uint64_t finished = 0;              ///< results and failures taken
    std::uint64_t failed = 0;                ///< of them, failures
    std::unique_ptr<Progress> shown;         ///< how far it is, where somebody is to see it
    std::optional<std::uint64_t> announced;  ///< number of inputs, where it is known beforehand
    std::uint64_t buffered = 0;              ///< bytes at the home
    bool is_alone = false;                   ///< its owner need not wait for it: it is to go on by itself
    bool is_open = false;                    ///< started, and neither ended nor cancelled
    bool is_reading = false;                 ///< its input range is being asked right now
    bool inputs_ended = false;
    bool is_joined = false;  ///< all of it is to be done although nobody takes results
    bool answered = false;   ///< the result is there; callbacks may still have to run
    bool ready = false;
    bool is_cancelled = false;      ///< by its owner, or what it was to follow was
    std::optional<bool> withdrawn;  ///< what the home has said of it
    std::uint64_t ended_as = 0;     ///< counts the calls of this process that are ready, from 1
    using WhenDone = std::function<void(std::shared_ptr<PoolClient> const&, std::shared_ptr<Call> const&)>;
    std::deque<WhenDone> when_done;  ///< to be called once each when it is ready
    std::exception_ptr input_error;  ///< what the input range threw
    std::exception_ptr ended_by;     ///< why there will be no more results: pool broken or terminated
    std::shared_ptr<std::exception_ptr> callback_error;  ///< until somebody has heard of it
    /// SerializationErrors of inputs, until their tasks come back skipped.
    std::map<std::uint64_t, std::exception_ptr> unsent;
    /// A result too large for a frame that has passed whole. It counts when its record comes: its worker may
    /// end before, and then others do the task again.
    struct Passed {
        TaskReport report;
        link::ResultKind kind{};
        std::optional<Buffer> value;  ///< none where the call has taken it as it came
    };
    std::map<std::uint64_t, Passed> passed;
    [[nodiscard]] bool has_taken(std::uint64_t task) const {
        auto const found = passed.find(task);
        return found != passed.end() && !found->second.value;
    }
    /// Inputs that wait here, encoded, until a worker wants them.
    std::map<std::uint64_t, Buffer> held;
};

}  // namespace rankpool::pool
