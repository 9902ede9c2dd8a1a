// SPDX-License-Identifier: MIT
#pragma once

#include <boost/serialization/level.hpp>
#include <boost/serialization/serialization.hpp>

#include <type_traits>
#include <utility>

namespace rankpool::wire {

class OutputArchive;

namespace probe {

/// Boost declares a serialize() for every type there is. These twins of it, found by way of the argument
/// Version, make a call ambiguous unless there is a function that fits the type better: the user's.
struct Version : boost::serialization::version_type {
    using boost::serialization::version_type::version_type;
};
template <class Archive, class T>
void serialize(Archive&, T&, unsigned int const);
template <class Archive, class T>
void load_construct_data(Archive&, T*, unsigned int const);

template <class T>
concept FreeSerialize = requires(OutputArchive& archive, T& value, Version const version) {
    serialize(archive, value, version);
};
template <class T>
concept FreeLoadConstructData = requires(OutputArchive& archive, T* value, Version const version) {
    load_construct_data(archive, value, version);
};

/// A member that the class also has makes the name ambiguous here, be it private or a template.
struct Name {
    int serialize;
};
template <class T>
struct Both : T, Name {};
template <class T>
concept NameIsFree = requires {
    &Both<T>::serialize;
};

}  // namespace probe

/// Does the class have a serialize(), member or function, private or not? Says yes where it cannot know.
template <class T>
consteval bool has_serialize() {
    constexpr bool primitive =
        boost::serialization::implementation_level<T>::value == boost::serialization::primitive_type;
    if constexpr (primitive || probe::FreeSerialize<T>) {
        return true;
    } else if constexpr (std::is_union_v<T>) {
        return false;
    } else if constexpr (std::is_final_v<T>) {
        return true;
    } else {
        return !probe::NameIsFree<T>;
    }
}

/// Has the user said how to build a T that has no default constructor?
template <class T>
consteval bool has_load_construct_data() {
    return probe::FreeLoadConstructData<T>;
}

}  // namespace rankpool::wire
