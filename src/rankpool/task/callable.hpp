// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/task/partial.hpp"
#include "rankpool/task/signature.hpp"
#include "rankpool/wire/codec.hpp"

#include <functional>
#include <string_view>

namespace rankpool::task {

/// Travels as its type alone: a function, a lambda that captures nothing, an empty function object.
template <class Callable>
concept Stateless = std::is_empty_v<Callable> && std::is_default_constructible_v<Callable>;

namespace detail {

/// Only chooses between two texts, so that a wrong guess does no harm.
template <class Callable>
consteval bool is_lambda() {
    std::string_view const name = __PRETTY_FUNCTION__;
    return name.find("<lambda") != name.npos || name.find("(lambda at") != name.npos;
}

template <class T>
inline constexpr bool is_std_function = false;
template <class F>
inline constexpr bool is_std_function<std::function<F>> = true;

template <class T>
concept SaysWhatItHolds = Stateless<T> || !std::is_class_v<T> || is_std_function<T> ||
                          (wire::verdict<T>() != wire::Verdict::no_serialize);

template <class Callable>
struct CallableCheck {
    static_assert(!(std::is_pointer_v<Callable> || std::is_function_v<Callable>),
                  "rankpool: a function pointer cannot travel (addresses differ between processes). "
                  "Write pool.map<f>(...) instead");
    static_assert(!std::is_member_pointer_v<Callable>,
                  "rankpool: a member function pointer cannot travel (addresses differ between processes). "
                  "Pass a lambda that captures nothing and calls the member");
    static_assert(!is_std_function<Callable>,
                  "rankpool: a std::function cannot travel (what it holds is unknown to the compiler). "
                  "Write pool.map<f>(...), or pass a lambda that captures nothing");
    static_assert(
        SaysWhatItHolds<Callable> || !is_lambda<Callable>(),
        "rankpool: a lambda that captures cannot travel (its captures have no serialize()). Pass the "
        "extra data with rankpool::partial<f>(data...), or write a function object with serialize()");
    static_assert(SaysWhatItHolds<Callable> || is_lambda<Callable>(),
                  "rankpool: this function object cannot travel (it has members but no serialize()). "
                  "Give it a Boost serialize() member");
    static constexpr bool passed = true;
};
template <auto F>
struct CallableCheck<Function<F>> {
    static_assert(!std::is_member_pointer_v<decltype(F)>,
                  "rankpool: a member function cannot be a task (it has no object to work on). "
                  "Pass a lambda that captures nothing and calls the member");
    static constexpr bool passed = true;
};
template <class T>
consteval void require_rebuilt() {
    wire::require_sendable<T>();
    static_assert(
        !wire::Sendable<T> || std::is_default_constructible_v<T>,
        "rankpool: an argument or result needs a default constructor (load_construct_data is for what "
        "pointers point to). Give it a public one, or send a std::unique_ptr to it");
}

template <class Argument>
consteval void require_argument() {
    static_assert(
        !std::is_lvalue_reference_v<Argument> || std::is_const_v<std::remove_reference_t<Argument>>,
        "rankpool: a task cannot take a non-const reference (it works on its own copy). Take the value "
        "or a const reference, and return the result");
    require_rebuilt<std::decay_t<Argument>>();
}

template <class Arguments>
struct ArgumentsCheck;
template <class... A>
struct ArgumentsCheck<std::tuple<A...>> {
    static constexpr bool passed = (require_argument<A>(), ..., true);
};

template <class Callable, class... Bound>
struct CallableCheck<Partial<Callable, Bound...>> {
    static constexpr bool passed =
        CallableCheck<Callable>::passed && ArgumentsCheck<declared_t<Callable, Bound...>>::passed;
};

template <class Returned>
consteval void require_result() {
    static_assert(!std::is_reference_v<Returned>,
                  "rankpool: a task cannot return a reference (what it refers to stays in the worker). "
                  "Return the value");
    if constexpr (!std::is_void_v<Returned>) require_rebuilt<std::decay_t<Returned>>();
}

}  // namespace detail

/// Does not compile, with a sentence that says what to write instead, when the callable cannot be called in
/// another process with what is supplied.
template <class Callable, class... Supplied>
consteval void require_task() {
    static_assert(detail::CallableCheck<Callable>::passed);
    static_assert(detail::ArgumentsCheck<declared_t<Callable, Supplied...>>::passed);
    using Parameters = parameters_t<Callable, Supplied...>;
    static_assert(std::tuple_size_v<Parameters> == sizeof...(Supplied),
                  "rankpool: the function takes another number of arguments than it is given. "
                  "Give it all of them, or bind the first ones with rankpool::partial<f>(...)");
    using Call = detail::Call<Callable, Parameters>;
    static_assert(Call::works,
                  "rankpool: the function cannot be called with these arguments (each is a copy made for the "
                  "call). Take values or const references");
    if constexpr (Call::works) detail::require_result<typename Call::Returned>();
}

template <class Callable>
void encode_callable(wire::Sink& sink, Callable const& callable) {
    if constexpr (!Stateless<Callable>) wire::encode(sink, callable);
}

template <class Callable>
Callable decode_callable(wire::Source& source) {
    Callable callable{};
    if constexpr (!Stateless<Callable>) wire::decode_into(source, callable);
    return callable;
}

}  // namespace rankpool::task
