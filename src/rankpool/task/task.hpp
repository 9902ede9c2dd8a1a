// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/task/callable.hpp"
#include "rankpool/task/program.hpp"
#include "rankpool/task/table.hpp"

#include <optional>
#include <variant>

namespace rankpool::task {

namespace detail {

template <class Returned>
using result_of = std::conditional_t<std::is_void_v<Returned>, std::monostate, std::decay_t<Returned>>;

template <class Parameters>
Parameters decode_arguments(wire::Source& source) {
    Parameters parameters{};
    std::apply([&](auto&... parameter) { (wire::decode_into(source, parameter), ...); }, parameters);
    return parameters;
}

template <class Argument, class Parameter>
consteval void require_whole_argument() {
    static_assert(!loses_fraction<Argument, Parameter>,
                  "rankpool: this argument would lose its fraction (the function takes a whole number). "
                  "Convert it before, or let the function take a double");
}

template <class Parameter, class Argument>
void encode_argument(wire::Sink& sink, Argument const& argument) {
    require_whole_argument<Argument, Parameter>();
    if constexpr (std::is_same_v<Parameter, Argument>) {
        wire::encode(sink, argument);
    } else {
        static_assert(std::is_convertible_v<Argument const&, Parameter>,
                      "rankpool: this argument does not convert to the function's parameter. "
                      "Give a value of the parameter's type");
        wire::encode(sink, static_cast<Parameter>(argument));
    }
}

/// The argument as what it will be when it arrives, which owns all it has.
template <class Parameter, class Argument>
Parameter convert_argument(Argument&& argument) {
    require_whole_argument<std::decay_t<Argument>, Parameter>();
    static_assert(std::is_convertible_v<Argument, Parameter>,
                  "rankpool: this argument does not convert to the function's parameter. "
                  "Give a value of the parameter's type");
    return static_cast<Parameter>(std::forward<Argument>(argument));
}

/// Calls with its own arguments moved in; void becomes a monostate.
template <class Result, class Callable, class Parameters>
Result call(Callable& callable, Parameters&& parameters) {
    if constexpr (std::is_void_v<decltype(std::apply(callable, std::move(parameters)))>) {
        std::apply(callable, std::move(parameters));
        return {};
    } else {
        return std::apply(callable, std::move(parameters));
    }
}

template <class Callable, class Parameters, class Result>
class TaskProgram final : public Program {
  public:
    explicit TaskProgram(Callable callable) : callable_(std::move(callable)) {}

    void run(wire::Source& arguments, wire::Sink& result) override {
        phase_ = Phase::arguments;
        result_.reset();
        auto parameters = decode_arguments<Parameters>(arguments);
        enter_function();
        result_.emplace(call<Result>(callable_, std::move(parameters)));
        phase_ = Phase::result;
        wire::encode(result, *result_);
    }

    void encode_result(wire::Sink& result) override {
        phase_ = Phase::result;
        wire::encode(result, result_.value());
    }

    void forget() override { result_.reset(); }

  private:
    Callable callable_;
    std::optional<Result> result_;
};

}  // namespace detail

/// A callable with the types of the arguments it is given (one for map, a tuple's elements for starmap): all
/// that the two sides of a call must agree on. Mentioning id() enters it into the table.
template <class Callable, class... Supplied>
struct Task {
    static_assert((require_task<Callable, Supplied...>(), true));

    using Parameters = parameters_t<Callable, Supplied...>;
    using Result = detail::result_of<typename detail::Call<Callable, Parameters>::Returned>;

    static FunctionId id() { return Registration<Task>::id; }

    /// Writes what load() needs: what is bound to the callable, if anything.
    static void encode_callable(wire::Sink& sink, Callable const& callable) {
        task::encode_callable(sink, callable);
    }

    /// Converts each argument to its parameter's type and writes it.
    template <class... Args>
    static void encode_arguments(wire::Sink& sink, Args const&... arguments) {
        static_assert(sizeof...(Args) == std::tuple_size_v<Parameters>,
                      "rankpool: the function takes another number of arguments than it is given");
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (detail::encode_argument<std::tuple_element_t<I, Parameters>>(sink, arguments), ...);
        }
        (std::index_sequence_for<Args...>{});
    }

    /// The same arguments, to be kept until they are written.
    template <class... Args>
    static Parameters convert_arguments(Args&&... arguments) {
        static_assert(sizeof...(Args) == std::tuple_size_v<Parameters>,
                      "rankpool: the function takes another number of arguments than it is given");
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return Parameters{detail::convert_argument<std::tuple_element_t<I, Parameters>>(
                std::forward<Args>(arguments))...};
        }
        (std::index_sequence_for<Args...>{});
    }

    static std::unique_ptr<Program> load(wire::Source& bound) {
        return std::make_unique<detail::TaskProgram<Callable, Parameters, Result>>(
            decode_callable<Callable>(bound));
    }
};

}  // namespace rankpool::task
