// SPDX-License-Identifier: MIT
// The bodies of the function templates of Context that make queues and pipes.
#pragma once

#include "rankpool/channel/connection.hpp"
#include "rankpool/channel/joinable_queue.hpp"
#include "rankpool/channel/simple_queue.hpp"
#include "rankpool/context/context.hpp"

#include <array>
#include <utility>

namespace rankpool {

namespace channel {

Handle make_queue(QueueOptions const& options);
Handle make_simple_queue();
std::array<Handle, 2> make_pipe(PipeOptions const& options);

}  // namespace channel

template <class T>
Queue<T> Context::queue(std::size_t maxsize) {
    return queue<T>(QueueOptions{.maxsize = maxsize});
}
template <class T>
Queue<T> Context::queue(QueueOptions const& options) {
    wire::require_sendable<T>();
    return Queue<T>{channel::make_queue(options)};
}

template <class T>
JoinableQueue<T> Context::joinable_queue(std::size_t maxsize) {
    return joinable_queue<T>(QueueOptions{.maxsize = maxsize});
}
template <class T>
JoinableQueue<T> Context::joinable_queue(QueueOptions const& options) {
    wire::require_sendable<T>();
    return JoinableQueue<T>{channel::make_queue(options)};
}

template <class T>
SimpleQueue<T> Context::simple_queue() {
    wire::require_sendable<T>();
    return SimpleQueue<T>{channel::make_simple_queue()};
}

template <class Out, class In>
std::pair<Connection<Out, In>, Connection<In, Out>> Context::pipe() {
    return pipe<Out, In>(PipeOptions{});
}
template <class Out, class In>
std::pair<Connection<Out, In>, Connection<In, Out>> Context::pipe(PipeOptions const& options) {
    wire::require_sendable<Out>();
    wire::require_sendable<In>();
    auto ends = channel::make_pipe(options);
    return {Connection<Out, In>{std::move(ends[0])}, Connection<In, Out>{std::move(ends[1])}};
}

template <class T>
OneWayPipe<T> Context::one_way_pipe() {
    return one_way_pipe<T>(PipeOptions{});
}
template <class T>
OneWayPipe<T> Context::one_way_pipe(PipeOptions const& options) {
    wire::require_sendable<T>();
    auto ends = channel::make_pipe(options);
    return {Connection<T>{std::move(ends[0]), channel::Direction::in},
            Connection<T>{std::move(ends[1]), channel::Direction::out}};
}

}  // namespace rankpool
