// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace rankpool::task {

/// A number that is converted to a whole one: what is behind the point would be lost without a word.
template <class From, class To>
inline constexpr bool loses_fraction = std::is_floating_point_v<From>&& std::is_integral_v<To>;

/// A function known to the compiler, as a callable without state: what `map<f>` makes of f.
template <auto F>
struct Function {
    template <class... A>
    std::invoke_result_t<decltype(F) const&, A...> operator()(A&&... arguments) const {
        return std::invoke(F, std::forward<A>(arguments)...);
    }
};

namespace detail {

// Only declared: overload resolution reads the signature, and lets noexcept pass.
template <class R, class... A>
std::type_identity<std::tuple<A...>> arguments_of(R (*)(A...));
template <class R, class C, class... A>
std::type_identity<std::tuple<A...>> arguments_of(R (C::*)(A...));
template <class R, class C, class... A>
std::type_identity<std::tuple<A...>> arguments_of(R (C::*)(A...) const);
template <class R, class C, class... A>
std::type_identity<std::tuple<A...>> arguments_of(R (C::*)(A...) &);
template <class R, class C, class... A>
std::type_identity<std::tuple<A...>> arguments_of(R (C::*)(A...) const&);

}  // namespace detail

/// The parameter types of a callable as it declares them, in `type`; empty for a generic one.
template <class Callable>
struct Arguments {};
template <class Callable>
requires requires {
    detail::arguments_of(&Callable::operator());
}
struct Arguments<Callable> : decltype(detail::arguments_of(&Callable::operator())) {};
template <class R, class... A>
struct Arguments<R (*)(A...)> : std::type_identity<std::tuple<A...>> {};
template <class R, class... A>
struct Arguments<R (*)(A...) noexcept> : std::type_identity<std::tuple<A...>> {};
template <auto F>
struct Arguments<Function<F>> : Arguments<std::remove_cv_t<decltype(F)>> {};

template <class Callable>
using arguments_t = typename Arguments<Callable>::type;

/// False for a generic lambda, whose parameters take the type of what they are given.
template <class Callable>
concept HasArguments = requires {
    typename arguments_t<Callable>;
};

namespace detail {

template <class Callable, class... Supplied>
consteval auto declared() {
    if constexpr (HasArguments<Callable>) {
        return std::type_identity<arguments_t<Callable>>{};
    } else {
        return std::type_identity<std::tuple<Supplied...>>{};
    }
}

template <class Tuple>
struct DecayEach;
template <class... A>
struct DecayEach<std::tuple<A...>> : std::type_identity<std::tuple<std::decay_t<A>...>> {};

}  // namespace detail

/// arguments_t, or for a generic callable what is supplied.
template <class Callable, class... Supplied>
using declared_t = typename decltype(detail::declared<Callable, Supplied...>())::type;

/// What the supplied arguments are converted to before they travel, as a std::tuple of values.
template <class Callable, class... Supplied>
using parameters_t = typename detail::DecayEach<declared_t<Callable, Supplied...>>::type;

namespace detail {

template <class Callable, class Parameters>
struct Call;
template <class Callable, class... P>
struct Call<Callable, std::tuple<P...>> {
    static constexpr bool works = std::is_invocable_v<Callable&, P...>;
};
template <class Callable, class... P>
requires std::is_invocable_v<Callable&, P...>
struct Call<Callable, std::tuple<P...>> {
    static constexpr bool works = true;
    using Returned = std::invoke_result_t<Callable&, P...>;
};

}  // namespace detail

}  // namespace rankpool::task
