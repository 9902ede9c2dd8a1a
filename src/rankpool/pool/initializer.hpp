// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/task/task.hpp"

#include <functional>
#include <optional>

namespace rankpool {

/// What each worker of a pool runs first: any callable that may travel and takes no arguments.
class Initializer {
  public:
    Initializer() = default;

    template <class Callable>
    requires(!std::is_same_v<std::decay_t<Callable>, Initializer>) Initializer(Callable callable)
        : function_(task::Task<Callable>::id()),
          encode_([callable](wire::Sink& sink) { task::Task<Callable>::encode_callable(sink, callable); }) {}

    [[nodiscard]] std::optional<FunctionId> function() const { return function_; }
    void encode(wire::Sink& sink) const { encode_(sink); }

  private:
    std::optional<FunctionId> function_;
    std::function<void(wire::Sink&)> encode_;
};

}  // namespace rankpool
