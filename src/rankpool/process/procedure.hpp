// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/serve/process_body.hpp"
#include "rankpool/task/task.hpp"

#include <boost/serialization/access.hpp>

namespace rankpool::process {

/// A callable as a process runs it: what it returns goes nowhere.
template <class Callable>
class Procedure {
  public:
    Procedure() = default;
    explicit Procedure(Callable callable) : callable_(std::move(callable)) {}

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
class Errand {
  public:
    Errand() = default;
    Errand(Errand const&) = delete;
    Errand& operator=(Errand const&) = delete;
    virtual ~Errand() = default;

    [[nodiscard]] virtual FunctionId function() const = 0;
    /// Writes the callable and the arguments.
    virtual void encode(wire::Sink& sink) const = 0;
};

/// `Args` are the types of what is supplied. The arguments are made into the parameters' types at once, so
/// that what a pointer of theirs points to may change before the process is started.
template <class Callable, class... Args>
class ErrandOf final : public Errand {
    using Task = task::Task<Procedure<Callable>, Args...>;

  public:
    template <class... Given>
    explicit ErrandOf(Callable callable, Given&&... given)
        : procedure_(std::move(callable)),
          arguments_(Task::convert_arguments(std::forward<Given>(given)...)) {}

    [[nodiscard]] FunctionId function() const override { return Task::id(); }
    void encode(wire::Sink& sink) const override {
        Task::encode_callable(sink, procedure_);
        std::apply([&](auto const&... arguments) { Task::encode_arguments(sink, arguments...); }, arguments_);
    }

  private:
    Procedure<Callable> procedure_;
    typename Task::Parameters arguments_;
};

}  // namespace rankpool::process

namespace rankpool::task {

// To the compiler's checks a procedure is what it calls.
template <class Callable>
struct Arguments<process::Procedure<Callable>> : Arguments<Callable> {};
template <class Callable>
struct detail::CallableCheck<process::Procedure<Callable>> : CallableCheck<Callable> {};

}  // namespace rankpool::task
