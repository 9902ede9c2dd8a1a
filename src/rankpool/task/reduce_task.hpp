// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/task/reduction_tree.hpp"
#include "rankpool/task/task.hpp"

namespace rankpool::task {

namespace detail {

template <class Callable, class Parameters, class Result, class Op>
class ReduceProgram final : public Program {
  public:
    ReduceProgram(Callable callable, Op op) : callable_(std::move(callable)), tree_(std::move(op)) {}

    void at(std::uint64_t index) override { index_ = index; }

    void run(wire::Source& arguments, wire::Sink& /*result*/) override {
        phase_ = Phase::arguments;
        auto parameters = decode_arguments<Parameters>(arguments);
        enter_function();
        Result value = call<Result>(callable_, std::move(parameters));
        phase_ = Phase::combination;
        tree_.add(0, index_, std::move(value));
    }

    void encode_result(wire::Sink& /*result*/) override {}

    void flush(wire::Sink& result) override {
        phase_ = Phase::result;
        tree_.encode(result);
        tree_.clear();
    }

    void forget() override { tree_.clear(); }

  private:
    Callable callable_;
    ReductionTree<Result, Op> tree_;
    std::uint64_t index_ = 0;
};

}  // namespace detail

/// A Task whose results are combined by op where they arise: its program writes nothing in run(), and at
/// flush() the nodes of a ReductionTree over the indices given to at().
template <class Callable, class Op, class... Supplied>
struct ReduceTask {
    using Mapped = Task<Callable, Supplied...>;
    using Parameters = typename Mapped::Parameters;
    using Result = typename Mapped::Result;
    using Tree = ReductionTree<Result, Op>;

    static_assert((require_task<Op, Result, Result>(), true));
    static_assert(std::is_invocable_r_v<Result, Op&, Result, Result>,
                  "rankpool: the reduction must give what it takes (its results are reduced again). "
                  "Write op(a, b) -> c with one type for all three");

    static FunctionId id() { return Registration<ReduceTask>::id; }

    static void encode_callable(wire::Sink& sink, Callable const& callable, Op const& op) {
        task::encode_callable(sink, callable);
        task::encode_callable(sink, op);
    }

    template <class... Args>
    static void encode_arguments(wire::Sink& sink, Args const&... arguments) {
        Mapped::encode_arguments(sink, arguments...);
    }

    static std::unique_ptr<Program> load(wire::Source& bound) {
        auto callable = decode_callable<Callable>(bound);
        auto op = decode_callable<Op>(bound);
        return std::make_unique<detail::ReduceProgram<Callable, Parameters, Result, Op>>(std::move(callable),
                                                                                         std::move(op));
    }
};

}  // namespace rankpool::task
