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
        return failure_;
    }
    [[nodiscard]] bool has_failed() const override { return error() != nullptr; }
    /// Valid when ready and there is no error.
    [[nodiscard]] R& answer() { return answer_; }

    void take_failure(TaskReport const& report, std::exception_ptr error) override {
        if (failure_ && report.task >= failed_) return;
        failure_ = std::move(error);
        failed_ = report.task;
    }

    void complete() override {
        std::exception_ptr const problem = error();
        if (!problem) settle();
        answered = true;
        if (!problem && options.callback) options.callback(answer_);
        if (problem && options.error_callback) options.error_callback(problem);
    }

  protected:
    /// Makes the answer from the results, all of which are there.
    virtual void settle() {}

    R answer_{};

  private:
    std::exception_ptr failure_;  ///< of the lowest input that has failed
    std::uint64_t failed_ = 0;    ///< that input
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

/// All that an element gives to the task is written without an archive.
template <class Element, Spread spread>
inline constexpr bool IsFastElement = wire::Fast<Element>;
template <class Element>
inline constexpr bool IsFastElement<Element, Spread::tuple> = [
]<std::size_t... I>(std::index_sequence<I...>) {
    return (wire::Fast<std::decay_t<std::tuple_element_t<I, Element>>> && ...);
}
(std::make_index_sequence<std::tuple_size_v<Element>>{});

/// The part of a call that has to do with its inputs: those of a range, and a callable to be applied to each.
/// `Base` is the part that has to do with results.
template <class Base, class Task, Spread spread, class Range, class... Callables>
class RangeCall : public Base {
  public:
    template <class... Given>
    RangeCall(MapOptions given, Range&& range, std::tuple<Callables...> callables, Given&&... base)
        : Base(std::forward<Given>(base)...),
          inputs_(std::make_unique<Inputs<Range>>(std::forward<Range>(range))),
          callables_(std::move(callables)) {
        this->options = std::move(given);
    }

    FunctionId function() const override { return Task::id(); }
    void encode_callable(wire::Sink& sink) const override {
        std::apply([&](auto const&... callables) { Task::encode_callable(sink, callables...); }, callables_);
    }
    std::optional<std::uint64_t> total() override { return inputs_->total(); }
    bool has_input() override { return inputs_->has_input(); }
    void encode_input(wire::Sink& sink) override { encode_element<Task, spread>(sink, inputs_->current()); }
    void advance(std::uint64_t task, bool keep) override { inputs_->advance(task, keep); }
    void encode_kept(std::uint64_t task, wire::Sink& sink) override {
        encode_element<Task, spread>(sink, inputs_->kept(task));
    }
    void drop_kept(std::uint64_t task) override {
        if (!inputs_) return;
        inputs_->drop_kept(task);
        if (inputs_are_read_) release_inputs();
    }
    void release_inputs() override {
        inputs_are_read_ = true;
        // What is kept may lie in the range.
        if (inputs_ && !inputs_->has_kept()) inputs_.reset();
    }
    void drop_all_kept() override {
        if (inputs_) inputs_->drop_all_kept();
    }
    bool encodes_again() const override {
        return wire::Fast<typename Task::Parameters> && IsFastElement<typename Inputs<Range>::Value, spread>;
    }
    bool reads_at_once() const override { return ReadsAtOnce<Range>; }
    Call::End end_of_inputs() const override {
        if (Endless<Range>) return Call::End::never;
        return std::ranges::sized_range<Range> ? Call::End::known : Call::End::unknown;
    }

  private:
    std::unique_ptr<Inputs<Range>> inputs_;
    bool inputs_are_read_ = false;
    std::tuple<Callables...> callables_;
};

}  // namespace rankpool::pool
