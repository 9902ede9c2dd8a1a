// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/wire/compound.hpp"
#include "rankpool/wire/has_serialize.hpp"
#include "rankpool/wire/sequence.hpp"

#include <boost/serialization/level.hpp>
#include <boost/serialization/serialization.hpp>

#include <bitset>
#include <deque>
#include <forward_list>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <valarray>

namespace rankpool::wire {

/// What the compiler finds about a type, and the first of its parts that cannot travel decides.
enum class Verdict {
    sendable,
    pointer,
    function_pointer,
    member_pointer,
    reference,
    array,
    span,
    string_view,
    function,
    untracked_pointee,
    no_serialize,
    no_default_constructor,
};

template <class T>
consteval Verdict verdict();

namespace detail {

/// A class template's arguments that decide whether an instance travels.
template <class T>
struct Contents {};
template <class T, class A>
struct Contents<std::vector<T, A>> : std::type_identity<Parts<T>> {};
template <class T, std::size_t N>
struct Contents<std::array<T, N>> : std::type_identity<Parts<T>> {};
template <class T, class A>
struct Contents<std::deque<T, A>> : std::type_identity<Parts<T>> {};
template <class T, class A>
struct Contents<std::list<T, A>> : std::type_identity<Parts<T>> {};
template <class T, class A>
struct Contents<std::forward_list<T, A>> : std::type_identity<Parts<T>> {};
template <class T>
struct Contents<std::valarray<T>> : std::type_identity<Parts<T>> {};
template <std::size_t N>
struct Contents<std::bitset<N>> : std::type_identity<Parts<>> {};
template <class K, class... O>
struct Contents<std::set<K, O...>> : std::type_identity<Parts<K>> {};
template <class K, class... O>
struct Contents<std::multiset<K, O...>> : std::type_identity<Parts<K>> {};
template <class K, class... O>
struct Contents<std::unordered_set<K, O...>> : std::type_identity<Parts<K>> {};
template <class K, class... O>
struct Contents<std::unordered_multiset<K, O...>> : std::type_identity<Parts<K>> {};
template <class K, class V, class... O>
struct Contents<std::map<K, V, O...>> : std::type_identity<Parts<K, V>> {};
template <class K, class V, class... O>
struct Contents<std::multimap<K, V, O...>> : std::type_identity<Parts<K, V>> {};
template <class K, class V, class... O>
struct Contents<std::unordered_map<K, V, O...>> : std::type_identity<Parts<K, V>> {};
template <class K, class V, class... O>
struct Contents<std::unordered_multimap<K, V, O...>> : std::type_identity<Parts<K, V>> {};

template <class... T>
consteval Verdict first_bad(Parts<T...>) {
    Verdict result = Verdict::sendable;
    void(((result = verdict<std::remove_cv_t<T>>(), result == Verdict::sendable) && ...));
    return result;
}

template <class T>
inline constexpr bool is_span = false;
template <class T, std::size_t N>
inline constexpr bool is_span<std::span<T, N>> = true;

template <class T>
inline constexpr bool is_view_of_text = false;
template <class C, class R>
inline constexpr bool is_view_of_text<std::basic_string_view<C, R>> = true;

template <class T>
inline constexpr bool is_std_function = false;
template <class F>
inline constexpr bool is_std_function<std::function<F>> = true;

template <class T>
struct Pointee {};
template <class T>
struct Pointee<std::shared_ptr<T>> : std::type_identity<T> {};
template <class T>
struct Pointee<std::weak_ptr<T>> : std::type_identity<T> {};
template <class T, class D>
struct Pointee<std::unique_ptr<T, D>> : std::type_identity<T> {};

/// May be abstract, so that only what it holds is asked; but must be of those that Boost tracks.
template <class T>
consteval Verdict pointee_verdict() {
    constexpr Verdict result = verdict<T>();
    constexpr bool primitive =
        boost::serialization::implementation_level<T>::value == boost::serialization::primitive_type;
    if (result == Verdict::no_default_constructor) return Verdict::sendable;
    if (result != Verdict::sendable) return result;
    return primitive || (IsCompound<T> && !probe::FreeSerialize<T>) ? Verdict::untracked_pointee : result;
}

template <class T>
consteval Verdict class_verdict() {
    if constexpr (!Raw<T> && !has_serialize<T>()) {
        return Verdict::no_serialize;
    } else if constexpr (!std::is_default_constructible_v<T> && !has_load_construct_data<T>()) {
        return Verdict::no_default_constructor;
    } else {
        return Verdict::sendable;
    }
}

}  // namespace detail

/// Says whether a value of the type, with all it is made of as far as the type tells, may go to another
/// process. In doubt it says yes and leaves the complaint to Boost.
template <class T>
consteval Verdict verdict() {
    if constexpr (std::is_reference_v<T>) {
        return Verdict::reference;
    } else if constexpr (std::is_pointer_v<T> || std::is_null_pointer_v<T>) {
        return std::is_function_v<std::remove_pointer_t<T>> ? Verdict::function_pointer : Verdict::pointer;
    } else if constexpr (std::is_member_pointer_v<T>) {
        return Verdict::member_pointer;
    } else if constexpr (std::is_array_v<T>) {
        return Verdict::array;
    } else if constexpr (detail::is_span<T>) {
        return Verdict::span;
    } else if constexpr (detail::is_view_of_text<T>) {
        return Verdict::string_view;
    } else if constexpr (detail::is_std_function<T>) {
        return Verdict::function;
    } else if constexpr (requires { typename detail::Contents<T>::type; }) {
        return detail::first_bad(typename detail::Contents<T>::type{});
    } else if constexpr (requires { typename detail::Pointee<T>::type; }) {
        return detail::pointee_verdict<std::remove_cv_t<typename detail::Pointee<T>::type>>();
    } else if constexpr (IsCompound<T>) {
        return detail::first_bad(typename Compound<T>::Components{});
    } else if constexpr (std::is_class_v<T> || std::is_union_v<T>) {
        return detail::class_verdict<T>();
    } else {
        return Verdict::sendable;
    }
}

template <class T>
concept Sendable = verdict<T>()
== Verdict::sendable;

/// Does not compile, with a sentence that says what to write instead, when a T cannot go to another process.
template <class T>
consteval void require_sendable() {
    constexpr Verdict found = verdict<T>();
    static_assert(found != Verdict::pointer,
                  "rankpool: a pointer cannot travel to another process (its address means nothing there). "
                  "Send the value, or a std::vector of values");
    static_assert(found != Verdict::function_pointer,
                  "rankpool: a function pointer cannot travel (addresses differ between processes). "
                  "Send a number or an enum that says which function to call");
    static_assert(found != Verdict::member_pointer,
                  "rankpool: a member pointer cannot travel (it may differ between processes). "
                  "Send a number or an enum that says which member is meant");
    static_assert(found != Verdict::reference,
                  "rankpool: a reference cannot travel to another process (what it refers to stays behind). "
                  "Send the value");
    static_assert(found != Verdict::array,
                  "rankpool: a C array cannot travel by itself (it cannot be returned). Send a std::array");
    static_assert(found != Verdict::span,
                  "rankpool: a std::span cannot travel (it does not own what it shows). "
                  "Send a std::vector of values");
    static_assert(found != Verdict::string_view,
                  "rankpool: a std::string_view cannot travel (it does not own its text). Send std::string");
    static_assert(found != Verdict::function,
                  "rankpool: a std::function cannot travel (what it holds is unknown to the compiler). "
                  "Write pool.map<f>(...), or pass a lambda that captures nothing");
    static_assert(
        found != Verdict::untracked_pointee,
        "rankpool: a pointer to a number, string, tuple or optional cannot travel (Boost does not track "
        "those). Send the value, or point to a struct with serialize()");
    static_assert(found != Verdict::no_serialize,
                  "rankpool: this type cannot travel (it has no serialize()). "
                  "Give it a Boost serialize() member or function");
    static_assert(found != Verdict::no_default_constructor,
                  "rankpool: this type cannot travel (it has no default constructor to rebuild it with). "
                  "Give it a public one");
}

}  // namespace rankpool::wire
