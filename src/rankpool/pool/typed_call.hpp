// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/call.hpp"
#include "rankpool/pool/inputs.hpp"
#include "rankpool/task/task.hpp"
#include "rankpool/wire/codec.hpp"

#include <functional>
#include <tuple>

namespace rankpool::pool {

/// A call whose answer as a whole is an R: what AsyncResult<R> holds on to.
template <class R>
class AnswerCall : public Call {
  public:
    /// The lowest failure, or what ended the call, if anything did; otherwise the answer is there.
    [[nodiscard]] std::exception_ptr error() const {
        if (input_error) return input_error;
        if (ended_by) return ended_by;
        return failures_.empty() ? std::exception_ptr{} : failures_.begin()->second;
    }
    /// Valid when ready and there is no error.
    [[nodiscard]] R& answer() { return answer_; }

    void take_failure(TaskReport const& report, std::exception_ptr error) override {
        failures_.emplace(report.task, std::move(error));
    }

    void complete() override {
        std::exception_ptr const problem = error();
        if (!problem) settle();
        if (!problem && options.callback) options.callback(answer_);
        if (problem && options.error_callback) options.error_callback(problem);
    }

  protected:
    /// Makes the answer from the results, all of which are there.
    virtual void settle() {}

    R answer_{};

  private:
    std::map<std::uint64_t, std::exception_ptr> failures_;
};

/// How an element of the input range is given to the task: as its one argument, or spread over its
/// parameters.
enum class Spread { one, tuple };

/// The task type for a callable and the elements of a range.
template <class Callable, class Element, Spread spread>
struct TaskOf {
    using type = task::Task<Callable, Element>;
};
template <class Callable, class Element>
struct TaskOf<Callable, Element, Spread::tuple> {
    template <std::size_t... I>
    static task::Task<Callable, std::decay_t<std::tuple_element_t<I, Element>>...> of(
        std::index_sequence<I...>);
    using type = decltype(of(std::make_index_sequence<std::tuple_size_v<Element>>{}));
};

/// Encodes an element as the arguments of Task.
template <class Task, Spread spread, class Element>
void encode_element(wire::Sink& sink, Element const& element) {
    if constexpr (spread == Spread::one) {
        Task::encode_arguments(sink, element);
    } else {
        std::apply([&](auto const&... arguments) { Task::encode_arguments(sink, arguments...); }, element);
    }
}

/// The part of a call that has to do with its inputs: those of a range, and a callable to be applied to each.
/// `Base` is the part that has to do with results.
template <class Base, class Task, Spread spread, class Range, class... Callables>
class RangeCall : public Base {
  public:
    template <class... Given>
    RangeCall(MapOptions given, Range&& range, std::tuple<Callables...> callables, Given&&... base)
        : Base(std::forward<Given>(base)...),
          inputs_(std::forward<Range>(range)),
          callables_(std::move(callables)) {
        this->options = std::move(given);
    }

    FunctionId function() const override { return Task::id(); }
    void encode_callable(wire::Sink& sink) const override {
        std::apply([&](auto const&... callables) { Task::encode_callable(sink, callables...); }, callables_);
    }
    std::optional<std::uint64_t> total() override { return inputs_.total(); }
    bool has_input() override { return inputs_.has_input(); }
    void encode_input(wire::Sink& sink) override { encode_element<Task, spread>(sink, inputs_.current()); }
    void advance(std::uint64_t task, bool keep) override { inputs_.advance(task, keep); }
    void encode_kept(std::uint64_t task, wire::Sink& sink) override {
        encode_element<Task, spread>(sink, inputs_.kept(task));
    }
    void drop_kept(std::uint64_t task) override { inputs_.drop_kept(task); }

  private:
    Inputs<Range> inputs_;
    std::tuple<Callables...> callables_;
};

}  // namespace rankpool::pool
