// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/serve/process_body.hpp"
#include "rankpool/task/task.hpp"

#include <boost/serialization/access.hpp>

namespace rankpool::process {

/// A callable as a process runs it: what it returns goes nowhere.
template <class Callable>
class ProcessTask {
  public:
    ProcessTask() = default;
    explicit ProcessTask(Callable callable) : callable_(std::move(callable)) {}

    template <class... A>
    requires std::is_invocable_v<Callable&, A...>
    void operator()(A&&... arguments) {
        worker::process_begins();
        (void)std::invoke(callable_, std::forward<A>(arguments)...);
    }

  private:
    friend class boost::serialization::access;
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        if constexpr (!task::Stateless<Callable>) archive& callable_;
    }

    [[no_unique_address]] Callable callable_{};
};

/// What a process is to run, until it has been started.
class ProcessCall {
  public:
    ProcessCall() = default;
    ProcessCall(ProcessCall const&) = delete;
    ProcessCall& operator=(ProcessCall const&) = delete;
    virtual ~ProcessCall() = default;

    [[nodiscard]] virtual FunctionId function() const = 0;
    /// Writes the callable and the arguments.
    virtual void encode(wire::Sink& sink) const = 0;
};

/// `Args` are the types of what is supplied. The arguments are made into the parameters' types at once, so
/// that what a pointer of theirs points to may change before the process is started.
template <class Callable, class... Args>
class ProcessCallOf final : public ProcessCall {
    using Task = task::Task<ProcessTask<Callable>, Args...>;

  public:
    template <class... Given>
    explicit ProcessCallOf(Callable callable, Given&&... given)
        : task_(std::move(callable)), arguments_(Task::convert_arguments(std::forward<Given>(given)...)) {}

    [[nodiscard]] FunctionId function() const override { return Task::id(); }
    void encode(wire::Sink& sink) const override {
        Task::encode_callable(sink, task_);
        std::apply([&](auto const&... arguments) { Task::encode_arguments(sink, arguments...); }, arguments_);
    }

  private:
    ProcessTask<Callable> task_;
    typename Task::Parameters arguments_;
};

}  // namespace rankpool::process

namespace rankpool::task {

// To the compiler's checks a ProcessTask is what it calls.
template <class Callable>
struct Arguments<process::ProcessTask<Callable>> : Arguments<Callable> {};
template <class Callable>
struct detail::CallableCheck<process::ProcessTask<Callable>> : CallableCheck<Callable> {};

}  // namespace rankpool::task
