// SPDX-License-Identifier: MIT
// The bodies of Pool's function templates; included by pool.hpp.
#pragma once

#include "rankpool/pool/pool.hpp"

namespace rankpool {

template <class Base, pool::Spread spread, class Range, class F, class... Made>
auto Pool::start(F f, Range&& xs, MapOptions options, Caller caller, Made&&... made) {
    using Element = std::ranges::range_value_t<Range>;
    using Task = typename pool::TaskOf<F, Element, spread>::type;
    using Made1 = pool::RangeCall<Base, Task, spread, Range, F>;
    auto call = std::make_shared<Made1>(std::move(options), std::forward<Range>(xs),
                                        std::tuple<F>{std::move(f)}, std::forward<Made>(made)...);
    call->is_alone = caller == Caller::goes_on;
    client().start(call);
    return call;
}

template <class Result, class Started>
Result Pool::wait_for(Started const& call) {
    // A callback may let go of this pool.
    auto const held = client_;
    held->wait_to_end(*call);
    if (auto const error = call->error()) std::rethrow_exception(error);
    if constexpr (!std::is_void_v<Result>) return std::move(call->answer());
}

template <pool::Spread spread, class F, class Range>
auto Pool::start_list(F f, Range&& xs, MapOptions options, Caller caller) {
    using Result = typename pool::TaskOf<F, std::ranges::range_value_t<Range>, spread>::type::Result;
    return start<pool::ListOf<Result>, spread>(std::move(f), std::forward<Range>(xs), std::move(options),
                                               caller);
}

template <pool::Spread spread, class F, class Range>
auto Pool::list(F f, Range&& xs, MapOptions options) {
    auto const call =
        start_list<spread>(std::move(f), std::forward<Range>(xs), std::move(options), Caller::waits);
    using Answer = std::decay_t<decltype(call->answer())>;
    return wait_for<std::conditional_t<std::is_same_v<Answer, std::monostate>, void, Answer>>(call);
}

template <pool::Spread spread, class F, class Range>
auto Pool::list_async(F f, Range&& xs, MapOptions options) {
    // The caller's range may be gone before it is read: it is taken over, or copied.
    std::remove_cvref_t<Range> kept(std::forward<Range>(xs));
    auto const call = start_list<spread>(std::move(f), std::move(kept), std::move(options), Caller::goes_on);
    using Answer = std::decay_t<decltype(call->answer())>;
    return AsyncResult<std::conditional_t<std::is_same_v<Answer, std::monostate>, void, Answer>>{client_,
                                                                                                 call};
}

template <pool::Spread spread, class F, class Range>
auto Pool::flow(F f, Range&& xs, MapOptions options, bool in_order) {
    using Element = std::ranges::range_value_t<Range>;
    using Result = typename pool::TaskOf<F, Element, spread>::type::Result;
    auto const call = start<pool::FlowResults<Result>, spread>(std::move(f), std::forward<Range>(xs),
                                                               std::move(options), Caller::goes_on, in_order);
    return ResultRange<Result>{client_, call};
}

template <auto F, class... Args>
auto Pool::apply(Args&&... args) {
    return apply(task::Function<F>{}, std::forward<Args>(args)...);
}

template <class F, class... Args>
auto Pool::apply(F f, Args&&... args) {
    using Result = typename task::Task<F, std::decay_t<Args>...>::Result;
    // The arguments are only referred to: this waits until they have been sent.
    using Arguments = std::tuple<std::remove_cvref_t<Args> const&...>;
    auto const call = start<pool::OneResult<Result>, pool::Spread::tuple>(
        std::move(f), std::array<Arguments, 1>{Arguments{args...}}, MapOptions{}, Caller::waits);
    return wait_for<std::conditional_t<std::is_same_v<Result, std::monostate>, void, Result>>(call);
}

template <auto F, class... Args>
auto Pool::apply_async(Args&&... args) {
    return apply_async(ApplyOptions{}, task::Function<F>{}, std::forward<Args>(args)...);
}
template <class F, class... Args>
auto Pool::apply_async(F f, Args&&... args) {
    return apply_async(ApplyOptions{}, std::move(f), std::forward<Args>(args)...);
}
template <auto F, class... Args>
auto Pool::apply_async(ApplyOptions options, Args&&... args) {
    return apply_async(std::move(options), task::Function<F>{}, std::forward<Args>(args)...);
}
template <class F, class... Args>
auto Pool::apply_async(ApplyOptions options, F f, Args&&... args) {
    using Task = task::Task<F, std::decay_t<Args>...>;
    using Result = typename Task::Result;
    using Arguments = typename Task::Parameters;
    auto const call = start<pool::OneResult<Result>, pool::Spread::tuple>(
        std::move(f), std::array<Arguments, 1>{Arguments(std::forward<Args>(args)...)},
        MapOptions{.priority = options.priority,
                   .callback = std::move(options.callback),
                   .error_callback = std::move(options.error_callback)},
        Caller::goes_on);
    return AsyncResult<std::conditional_t<std::is_same_v<Result, std::monostate>, void, Result>>{client_,
                                                                                                 call};
}

template <auto F, std::ranges::input_range Range>
auto Pool::map(Range&& xs, MapOptions options) {
    return list<pool::Spread::one>(task::Function<F>{}, std::forward<Range>(xs), std::move(options));
}
template <auto F, class T>
auto Pool::map(std::initializer_list<T> xs, MapOptions options) {
    return list<pool::Spread::one>(task::Function<F>{}, xs, std::move(options));
}
template <class F, std::ranges::input_range Range>
auto Pool::map(F f, Range&& xs, MapOptions options) {
    return list<pool::Spread::one>(std::move(f), std::forward<Range>(xs), std::move(options));
}
template <class F, class T>
auto Pool::map(F f, std::initializer_list<T> xs, MapOptions options) {
    return list<pool::Spread::one>(std::move(f), xs, std::move(options));
}

template <auto F, std::ranges::input_range Range>
auto Pool::map_async(Range&& xs, MapOptions options) {
    return list_async<pool::Spread::one>(task::Function<F>{}, std::forward<Range>(xs), std::move(options));
}
template <auto F, class T>
auto Pool::map_async(std::initializer_list<T> xs, MapOptions options) {
    return list_async<pool::Spread::one>(task::Function<F>{}, std::vector<T>(xs), std::move(options));
}
template <class F, std::ranges::input_range Range>
auto Pool::map_async(F f, Range&& xs, MapOptions options) {
    return list_async<pool::Spread::one>(std::move(f), std::forward<Range>(xs), std::move(options));
}
template <class F, class T>
auto Pool::map_async(F f, std::initializer_list<T> xs, MapOptions options) {
    return map_async(std::move(f), std::vector<T>(xs), std::move(options));
}

template <auto F, std::ranges::input_range Range>
auto Pool::starmap(Range&& xs, MapOptions options) {
    return list<pool::Spread::tuple>(task::Function<F>{}, std::forward<Range>(xs), std::move(options));
}
template <auto F, class T>
auto Pool::starmap(std::initializer_list<T> xs, MapOptions options) {
    return list<pool::Spread::tuple>(task::Function<F>{}, xs, std::move(options));
}
template <class F, std::ranges::input_range Range>
auto Pool::starmap(F f, Range&& xs, MapOptions options) {
    return list<pool::Spread::tuple>(std::move(f), std::forward<Range>(xs), std::move(options));
}
template <class F, class T>
auto Pool::starmap(F f, std::initializer_list<T> xs, MapOptions options) {
    return list<pool::Spread::tuple>(std::move(f), xs, std::move(options));
}
template <auto F, std::ranges::input_range Range>
auto Pool::starmap_async(Range&& xs, MapOptions options) {
    return list_async<pool::Spread::tuple>(task::Function<F>{}, std::forward<Range>(xs), std::move(options));
}
template <class F, std::ranges::input_range Range>
auto Pool::starmap_async(F f, Range&& xs, MapOptions options) {
    return list_async<pool::Spread::tuple>(std::move(f), std::forward<Range>(xs), std::move(options));
}

template <auto F, std::ranges::input_range Range>
auto Pool::imap(Range&& xs, MapOptions options) {
    return flow<pool::Spread::one>(task::Function<F>{}, std::forward<Range>(xs), std::move(options), true);
}
template <auto F, class T>
auto Pool::imap(std::initializer_list<T> xs, MapOptions options) {
    return flow<pool::Spread::one>(task::Function<F>{}, std::vector<T>(xs), std::move(options), true);
}
template <class F, std::ranges::input_range Range>
auto Pool::imap(F f, Range&& xs, MapOptions options) {
    return flow<pool::Spread::one>(std::move(f), std::forward<Range>(xs), std::move(options), true);
}
template <class F, class T>
auto Pool::imap(F f, std::initializer_list<T> xs, MapOptions options) {
    return imap(std::move(f), std::vector<T>(xs), std::move(options));
}
template <auto F, std::ranges::input_range Range>
auto Pool::imap_unordered(Range&& xs, MapOptions options) {
    return flow<pool::Spread::one>(task::Function<F>{}, std::forward<Range>(xs), std::move(options), false);
}
template <auto F, class T>
auto Pool::imap_unordered(std::initializer_list<T> xs, MapOptions options) {
    return flow<pool::Spread::one>(task::Function<F>{}, std::vector<T>(xs), std::move(options), false);
}
template <class F, std::ranges::input_range Range>
auto Pool::imap_unordered(F f, Range&& xs, MapOptions options) {
    return flow<pool::Spread::one>(std::move(f), std::forward<Range>(xs), std::move(options), false);
}
template <class F, class T>
auto Pool::imap_unordered(F f, std::initializer_list<T> xs, MapOptions options) {
    return imap_unordered(std::move(f), std::vector<T>(xs), std::move(options));
}

template <auto F, std::ranges::input_range Range>
auto Pool::istarmap(Range&& xs, MapOptions options) {
    return flow<pool::Spread::tuple>(task::Function<F>{}, std::forward<Range>(xs), std::move(options), true);
}
template <auto F, class T>
auto Pool::istarmap(std::initializer_list<T> xs, MapOptions options) {
    return flow<pool::Spread::tuple>(task::Function<F>{}, std::vector<T>(xs), std::move(options), true);
}
template <class F, std::ranges::input_range Range>
auto Pool::istarmap(F f, Range&& xs, MapOptions options) {
    return flow<pool::Spread::tuple>(std::move(f), std::forward<Range>(xs), std::move(options), true);
}
template <class F, class T>
auto Pool::istarmap(F f, std::initializer_list<T> xs, MapOptions options) {
    return istarmap(std::move(f), std::vector<T>(xs), std::move(options));
}
template <auto F, std::ranges::input_range Range>
auto Pool::istarmap_unordered(Range&& xs, MapOptions options) {
    return flow<pool::Spread::tuple>(task::Function<F>{}, std::forward<Range>(xs), std::move(options), false);
}
template <auto F, class T>
auto Pool::istarmap_unordered(std::initializer_list<T> xs, MapOptions options) {
    return flow<pool::Spread::tuple>(task::Function<F>{}, std::vector<T>(xs), std::move(options), false);
}
template <class F, std::ranges::input_range Range>
auto Pool::istarmap_unordered(F f, Range&& xs, MapOptions options) {
    return flow<pool::Spread::tuple>(std::move(f), std::forward<Range>(xs), std::move(options), false);
}
template <class F, class T>
auto Pool::istarmap_unordered(F f, std::initializer_list<T> xs, MapOptions options) {
    return istarmap_unordered(std::move(f), std::vector<T>(xs), std::move(options));
}

template <auto F, std::ranges::input_range Range>
auto Pool::try_map(Range&& xs, MapOptions options) {
    return try_map(task::Function<F>{}, std::forward<Range>(xs), std::move(options));
}
template <auto F, class T>
auto Pool::try_map(std::initializer_list<T> xs, MapOptions options) {
    return try_map(task::Function<F>{}, xs, std::move(options));
}
template <class F, std::ranges::input_range Range>
auto Pool::try_map(F f, Range&& xs, MapOptions options) {
    using Element = std::ranges::range_value_t<Range>;
    using Result = typename pool::TaskOf<F, Element, pool::Spread::one>::type::Result;
    auto const call = start<pool::Outcomes<Result>, pool::Spread::one>(
        std::move(f), std::forward<Range>(xs), std::move(options), Caller::waits, &client());
    return wait_for<std::vector<Outcome<Result>>>(call);
}
template <class F, class T>
auto Pool::try_map(F f, std::initializer_list<T> xs, MapOptions options) {
    return try_map(std::move(f), std::vector<T>(xs), std::move(options));
}

template <auto F, std::ranges::input_range Range>
auto Pool::expand(Range&& roots, MapOptions options) {
    return expand(task::Function<F>{}, std::forward<Range>(roots), std::move(options));
}
template <auto F, class T>
auto Pool::expand(std::initializer_list<T> roots, MapOptions options) {
    return expand(task::Function<F>{}, roots, std::move(options));
}
template <class F, std::ranges::input_range Range>
auto Pool::expand(F f, Range&& roots, MapOptions options) {
    using Given = typename task::Task<F, std::ranges::range_value_t<Range>>::Result;
    using Parts = pool::ExpansionParts<Given>;
    static_assert(Parts::are_there,
                  "rankpool: the function of expand gives rankpool::Expansion<Item, Result>. "
                  "Write return rankpool::Expansion<Item, Result>{.results = {...}, .more = {...}}");
    if constexpr (Parts::are_there) {
        using Result = typename Parts::Result;
        auto const call = std::make_shared<pool::ExpandCall<F, typename Parts::Item, Result>>(
            std::move(options), std::move(f), std::forward<Range>(roots));
        call->is_alone = true;
        client().start(call);
        return ResultRange<Result>{client_, call};
    }
}
template <class F, class T>
auto Pool::expand(F f, std::initializer_list<T> roots, MapOptions options) {
    return expand(std::move(f), std::vector<T>(roots), std::move(options));
}

template <auto F, auto Op, std::ranges::input_range Range, class T>
T Pool::map_reduce(Range&& xs, T init, MapOptions options) {
    return map_reduce(task::Function<F>{}, task::Function<Op>{}, std::forward<Range>(xs), std::move(init),
                      std::move(options));
}
template <auto F, auto Op, class E, class T>
T Pool::map_reduce(std::initializer_list<E> xs, T init, MapOptions options) {
    return map_reduce(task::Function<F>{}, task::Function<Op>{}, xs, std::move(init), std::move(options));
}
template <class F, class Op, std::ranges::input_range Range, class T>
T Pool::map_reduce(F f, Op op, Range&& xs, T init, MapOptions options) {
    using Task = task::ReduceTask<F, Op, std::ranges::range_value_t<Range>>;
    using Result = typename Task::Result;
    using Made = pool::RangeCall<pool::Reduction<Result, Op>, Task, pool::Spread::one, Range, F, Op>;
    auto const call = std::make_shared<Made>(std::move(options), std::forward<Range>(xs),
                                             std::tuple<F, Op>{std::move(f), op}, op);
    client().start(call);
    auto reduced = wait_for<std::optional<Result>>(call);
    if (!reduced) return init;
    return static_cast<T>(op(std::move(init), std::move(*reduced)));
}

}  // namespace rankpool
