// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

namespace rankpool {

class Pool;
struct PoolOptions;
class Process;
struct ProcessOptions;
class ProcessGroup;
struct ProcessGroupOptions;
template <class T>
class Queue;
template <class T>
class JoinableQueue;
template <class T>
class SimpleQueue;
struct QueueOptions;
template <class Out, class In>
class Connection;
template <class T>
struct OneWayPipe;
struct PipeOptions;
class Lock;
class RLock;
class Semaphore;
class BoundedSemaphore;
class Event;
class Condition;
class Barrier;
struct Holding;
template <class T>
class Value;
template <class T>
class RawValue;
template <class T>
class Array;
template <class T>
class RawArray;
template <class T>
class SharedArray;
template <class K, class V>
class Dict;
template <class T>
class List;
template <class T>
class PriorityQueue;
struct DictOptions;

/// The world as a worker sees it; the main worker gets it from run, any other by `rankpool::context()`.
class Context {
  public:
    /// Number of ranks.
    [[nodiscard]] int size() const;
    /// Workers that a pool of default size has, over all ranks.
    [[nodiscard]] int workers() const;

    /// A pool of a worker on every rank, or as many as RANKPOOL_WORKERS_PER_RANK says.
    [[nodiscard]] Pool pool();
    [[nodiscard]] Pool pool(PoolOptions const& options);
    /// A pool of `n` workers, spread over the ranks. Throws UsageError for n below 1, and in a pool's task.
    [[nodiscard]] Pool pool(long n);
    [[nodiscard]] Pool pool(long n, PoolOptions const& options);

    /// A process that will run f(args...), a function or a callable as in Pool; `start` starts it. The
    /// arguments are checked when this is compiled. Throws UsageError in a pool's task.
    template <auto F, class... Args>
    [[nodiscard]] Process process(Args&&... args);
    template <auto F, class... Args>
    [[nodiscard]] Process process(ProcessOptions options, Args&&... args);
    template <class Callable, class... Args>
    [[nodiscard]] Process process(Callable callable, Args&&... args);
    template <class Callable, class... Args>
    [[nodiscard]] Process process(ProcessOptions options, Callable callable, Args&&... args);

    /// `n` processes that will run f(args...) each, spread over the ranks. Throws UsageError for n below 1,
    /// and in a pool's task.
    template <auto F, class... Args>
    [[nodiscard]] ProcessGroup processes(long n, Args&&... args);
    template <auto F, class... Args>
    [[nodiscard]] ProcessGroup processes(long n, ProcessGroupOptions options, Args&&... args);

    /// A queue that holds at most `maxsize` items, or as many as fit.
    template <class T>
    [[nodiscard]] Queue<T> queue(std::size_t maxsize = 0);
    template <class T>
    [[nodiscard]] Queue<T> queue(QueueOptions const& options);
    template <class T>
    [[nodiscard]] JoinableQueue<T> joinable_queue(std::size_t maxsize = 0);
    template <class T>
    [[nodiscard]] JoinableQueue<T> joinable_queue(QueueOptions const& options);
    /// A queue without a bound, with put, get and empty alone.
    template <class T>
    [[nodiscard]] SimpleQueue<T> simple_queue();
    /// A queue that gives the smallest item first; as for `queue`.
    template <class T>
    [[nodiscard]] PriorityQueue<T> priority_queue(std::size_t maxsize = 0);
    template <class T>
    [[nodiscard]] PriorityQueue<T> priority_queue(QueueOptions const& options);
    /// The two ends of a pipe; the first sends Out and receives In, the second the other way round.
    template <class Out, class In = Out>
    [[nodiscard]] std::pair<Connection<Out, In>, Connection<In, Out>> pipe();
    template <class Out, class In = Out>
    [[nodiscard]] std::pair<Connection<Out, In>, Connection<In, Out>> pipe(PipeOptions const& options);
    /// A pipe with one direction: `auto [receiver, sender] = ctx.one_way_pipe<T>()`.
    template <class T>
    [[nodiscard]] OneWayPipe<T> one_way_pipe();
    template <class T>
    [[nodiscard]] OneWayPipe<T> one_way_pipe(PipeOptions const& options);

    /// What processes wait for each other by. All of them are values that travel, and copies are the same
    /// object, which is kept by the rank that it was made on as long as some process holds it.
    [[nodiscard]] Lock lock();
    [[nodiscard]] RLock rlock();
    /// `n` units are there at first. Throws UsageError for n below 0.
    [[nodiscard]] Semaphore semaphore(long n = 1);
    [[nodiscard]] BoundedSemaphore bounded_semaphore(long n = 1);
    [[nodiscard]] Event event();
    /// With an RLock of its own, or that lock.
    [[nodiscard]] Condition condition();
    [[nodiscard]] Condition condition(Lock const& lock);
    [[nodiscard]] Condition condition(RLock const& lock);
    /// For so many processes at a time. Throws UsageError for less than one.
    [[nodiscard]] Barrier barrier(long parties);
    /// The last to come calls action() before any is let go.
    template <auto Action>
    [[nodiscard]] Barrier barrier(long parties);

    /// Who holds and waits for locks, semaphores, events, conditions and barriers now, on all ranks: to
    /// look at where a job stands still. A lock that was taken without a message is seen as well, but not who
    /// has looked for it for less than half a millisecond. A round trip to each rank.
    [[nodiscard]] std::vector<Holding> holdings() const;

    /// A value, or `n` zeroed ones, or those given, in memory of this rank; trivially copyable. With a lock,
    /// or without one.
    template <class T>
    [[nodiscard]] Value<T> value(T const& initial = T{});
    template <class T>
    [[nodiscard]] RawValue<T> raw_value(T const& initial = T{});
    template <class T>
    [[nodiscard]] Array<T> array(std::size_t n);
    template <class T>
    [[nodiscard]] Array<T> array(std::vector<T> const& values);
    template <class T>
    [[nodiscard]] Array<T> array(std::initializer_list<T> values);
    template <class T>
    [[nodiscard]] RawArray<T> raw_array(std::size_t n);
    template <class T>
    [[nodiscard]] RawArray<T> raw_array(std::vector<T> const& values);
    template <class T>
    [[nodiscard]] RawArray<T> raw_array(std::initializer_list<T> values);

    /// `n` zeroed values in memory of this node, for processes of this node.
    template <class T>
    [[nodiscard]] SharedArray<T> shared_array(std::size_t n);

    /// An empty dictionary or list that all processes may use.
    template <class K, class V>
    [[nodiscard]] Dict<K, V> dict();
    template <class K, class V>
    [[nodiscard]] Dict<K, V> dict(DictOptions const& options);
    template <class T>
    [[nodiscard]] List<T> list();
};

/// The context of this worker. Throws UsageError in a process that is none.
Context& context();

}  // namespace rankpool
