// SPDX-License-Identifier: MIT
// The bodies of the function templates of Context that make shared values.
#pragma once

#include "rankpool/context/context.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/shared/array.hpp"
#include "rankpool/shared/dict.hpp"
#include "rankpool/shared/list.hpp"
#include "rankpool/shared/priority_queue.hpp"
#include "rankpool/shared/shared_array.hpp"

namespace rankpool {

template <class T>
Value<T> Context::value(T const& initial) {
    return {initial, rlock()};
}

template <class T>
RawValue<T> Context::raw_value(T const& initial) {
    return RawValue<T>{initial};
}

template <class T>
Array<T> Context::array(std::size_t n) {
    return {n, rlock()};
}

template <class T>
Array<T> Context::array(std::vector<T> const& values) {
    Array<T> made{values.size(), rlock()};
    shared::fill(made, values);
    return made;
}

template <class T>
Array<T> Context::array(std::initializer_list<T> values) {
    return array(std::vector<T>{values});
}

template <class T>
RawArray<T> Context::raw_array(std::size_t n) {
    return RawArray<T>{n};
}

template <class T>
RawArray<T> Context::raw_array(std::vector<T> const& values) {
    RawArray<T> made{values.size()};
    shared::fill(made, values);
    return made;
}

template <class T>
RawArray<T> Context::raw_array(std::initializer_list<T> values) {
    return raw_array(std::vector<T>{values});
}

template <class T>
SharedArray<T> Context::shared_array(std::size_t n) {
    return SharedArray<T>{n};
}

namespace shared {

/// The parts of a dict.
std::vector<Store> make_parts(DictOptions const& options);

}  // namespace shared

template <class K, class V>
Dict<K, V> Context::dict() {
    return dict<K, V>(DictOptions{});
}
template <class K, class V>
Dict<K, V> Context::dict(DictOptions const& options) {
    wire::require_sendable<K>();
    wire::require_sendable<V>();
    return Dict<K, V>{shared::make_parts(options)};
}

template <class T>
PriorityQueue<T> Context::priority_queue(std::size_t maxsize) {
    return priority_queue<T>(QueueOptions{.maxsize = maxsize});
}
template <class T>
PriorityQueue<T> Context::priority_queue(QueueOptions const& options) {
    wire::require_sendable<T>();
    return PriorityQueue<T>{shared::PriorityStore::make(options)};
}

template <class T>
List<T> Context::list() {
    wire::require_sendable<T>();
    return List<T>{shared::Store::make(link::ObjectKind::list, 0, Rank{-1})};
}

}  // namespace rankpool
