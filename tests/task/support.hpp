// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/task/reduce_task.hpp"
#include "rankpool/wire/buffer_sink.hpp"

namespace rankpool::task::testing {

/// What crosses from the caller to the worker and back, without anything in between.
template <class Callable, class... Supplied>
class Worker {
  public:
    using ThisTask = Task<Callable, Supplied...>;

    explicit Worker(Callable const& callable = Callable{}) {
        wire::BufferSink bound;
        ThisTask::encode_callable(bound, callable);
        wire::Source source{bound.bytes()};
        program = load(ThisTask::id(), source);
    }

    auto operator()(Supplied const&... arguments) {
        wire::BufferSink sent;
        ThisTask::encode_arguments(sent, arguments...);
        wire::Source source{sent.bytes()};
        wire::BufferSink result;
        program->run(source, result);
        wire::Source received{result.bytes()};
        return wire::decode<typename ThisTask::Result>(received);
    }

    std::unique_ptr<Program> program;
};

}  // namespace rankpool::task::testing
