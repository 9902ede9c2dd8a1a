// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <utility>

namespace rankpool {

class Pool;
struct PoolOptions;
class Process;
struct ProcessOptions;
template <class T>
class Queue;
template <class T>
class JoinableQueue;
struct QueueOptions;
template <class Out, class In>
class Connection;
struct PipeOptions;

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

    /// A queue that holds at most `maxsize` items, or as many as fit.
    template <class T>
    [[nodiscard]] Queue<T> queue(std::size_t maxsize = 0);
    template <class T>
    [[nodiscard]] Queue<T> queue(QueueOptions const& options);
    template <class T>
    [[nodiscard]] JoinableQueue<T> joinable_queue(std::size_t maxsize = 0);
    template <class T>
    [[nodiscard]] JoinableQueue<T> joinable_queue(QueueOptions const& options);
    /// The two ends of a pipe; the first sends Out and receives In, the second the other way round.
    template <class Out, class In = Out>
    [[nodiscard]] std::pair<Connection<Out, In>, Connection<In, Out>> pipe();
    template <class Out, class In = Out>
    [[nodiscard]] std::pair<Connection<Out, In>, Connection<In, Out>> pipe(PipeOptions const& options);
};

/// The context of this worker. Throws UsageError in a process that is none.
Context& context();

}  // namespace rankpool
