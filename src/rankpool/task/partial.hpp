// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/task/signature.hpp"

#include <boost/serialization/access.hpp>

namespace rankpool {

namespace task {

/// A callable with its first arguments bound, as Python's functools.partial; made by rankpool::partial.
/// The bound values are passed as const, so that each call sees them as they were.
template <class Callable, class... Bound>
class Partial {
  public:
    Partial() = default;
    explicit Partial(Callable callable, Bound... bound)
        : callable_(std::move(callable)), bound_(std::move(bound)...) {}

    template <class... Rest>
    std::invoke_result_t<Callable const&, Bound const&..., Rest...> operator()(Rest&&... rest) const {
        return std::apply(
            [&](Bound const&... bound) -> std::invoke_result_t<Callable const&, Bound const&..., Rest...> {
                return std::invoke(callable_, bound..., std::forward<Rest>(rest)...);
            },
            bound_);
    }

  private:
    friend class boost::serialization::access;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        if constexpr (!std::is_empty_v<Callable>) archive& callable_;
        archive& bound_;
    }

    Callable callable_{};
    std::tuple<Bound...> bound_{};
};

namespace detail {

template <std::size_t N, class First, class... A>
consteval auto without_first(std::type_identity<std::tuple<First, A...>>) {
    if constexpr (N == 1) {
        return std::type_identity<std::tuple<A...>>{};
    } else {
        return without_first<N - 1>(std::type_identity<std::tuple<A...>>{});
    }
}

template <class Callable, class... Given>
struct PartialOf {
    static_assert(std::tuple_size_v<parameters_t<Callable, Given...>> >= sizeof...(Given),
                  "rankpool: partial binds more arguments than the function takes. Bind only the first ones");

    template <std::size_t... I>
    static auto make(Callable callable, std::index_sequence<I...>, Given const&... given) {
        using Parameters = parameters_t<Callable, Given...>;
        static_assert((std::is_convertible_v<Given const&, std::tuple_element_t<I, Parameters>> && ...),
                      "rankpool: what partial binds does not convert to the function's parameter. "
                      "Bind a value of the parameter's type");
        static_assert(
            (!loses_fraction<Given, std::tuple_element_t<I, Parameters>> && ...),
            "rankpool: what partial binds would lose its fraction (the function takes a whole number). "
            "Convert it before, or let the function take a double");
        return Partial<Callable, std::tuple_element_t<I, Parameters>...>{
            std::move(callable), static_cast<std::tuple_element_t<I, Parameters>>(given)...};
    }
};

}  // namespace detail

template <class Callable>
struct Arguments<Partial<Callable>> : Arguments<Callable> {};
template <class Callable, class... Bound>
requires(sizeof...(Bound) > 0 && HasArguments<Callable>) struct Arguments<Partial<Callable, Bound...>>
    : decltype(detail::without_first<sizeof...(Bound)>(std::type_identity<arguments_t<Callable>>{})) {
};

}  // namespace task

/// The function f with its first arguments bound to values, which convert to f's parameter types at once:
/// `pool.map(rankpool::partial<scale>(2.5), xs)`.
template <auto F, class... Given>
auto partial(Given const&... given) {
    return task::detail::PartialOf<task::Function<F>, Given...>::make({}, std::index_sequence_for<Given...>{},
                                                                      given...);
}

/// The same for a function object or a lambda that captures nothing.
template <class Callable, class... Given>
auto partial(Callable callable, Given const&... given) {
    return task::detail::PartialOf<Callable, Given...>::make(std::move(callable),
                                                             std::index_sequence_for<Given...>{}, given...);
}

}  // namespace rankpool
