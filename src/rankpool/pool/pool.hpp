// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/pool/async_result.hpp"
#include "rankpool/pool/expansion.hpp"
#include "rankpool/pool/result_range.hpp"
#include "rankpool/pool/results.hpp"
#include "rankpool/pool/shared.hpp"
#include "rankpool/task/partial.hpp"

#include <initializer_list>
#include <memory>
#include <ranges>

namespace rankpool {

/// A pool of worker processes on all ranks, as Python's multiprocessing.Pool. Used by the process and thread
/// that made it.
///
/// What is to be computed is a function given as template argument, `pool.map<square>(xs)`, or a callable
/// given first, `pool.map(rankpool::partial<scale>(2.5), xs)`: a lambda that captures nothing, a `partial`, a
/// function object with serialize(). Each call throws UsageError on a closed pool; a task's failure is thrown
/// as RemoteError, SerializationError, WorkerLost or TaskTimeout after the other tasks are done. Differs from
/// Python: leaving the scope waits for the workers' end; callbacks run in the waiting thread.
class Pool {
  public:
    Pool(worker::Mailbox& mailbox, long size, PoolOptions const& options)
        : client_(std::make_shared<pool::PoolClient>(mailbox, size, options)) {}
    Pool(Pool&&) noexcept = default;
    Pool& operator=(Pool&& other) noexcept;
    /// Ends the workers, at once where they still work.
    ~Pool();

    /// Number of workers.
    [[nodiscard]] std::size_t size() const { return client().size(); }
    /// Makes it a pool of `n` workers, spread over the ranks as if it had been made so. New ones are started,
    /// with the pool's initializer; those that are too many end when they have done what they have. Throws
    /// UsageError for n below 1 and on a closed pool.
    void resize(long n) { client().resize(n); }

    /// f(args...) in a worker.
    template <auto F, class... Args>
    auto apply(Args&&... args);
    template <class F, class... Args>
    auto apply(F f, Args&&... args);
    /// The same without waiting: an AsyncResult.
    template <auto F, class... Args>
    auto apply_async(Args&&... args);
    template <class F, class... Args>
    auto apply_async(F f, Args&&... args);
    template <auto F, class... Args>
    auto apply_async(ApplyOptions options, Args&&... args);
    template <class F, class... Args>
    auto apply_async(ApplyOptions options, F f, Args&&... args);

    /// The vector of f(x) for each x, in order.
    template <auto F, std::ranges::input_range Range>
    auto map(Range&& xs, MapOptions options = {});
    template <auto F, class T>
    auto map(std::initializer_list<T> xs, MapOptions options = {});
    template <class F, std::ranges::input_range Range>
    auto map(F f, Range&& xs, MapOptions options = {});
    template <class F, class T>
    auto map(F f, std::initializer_list<T> xs, MapOptions options = {});

    /// The same without waiting: an AsyncResult of the vector. An lvalue container is copied, a view is not.
    template <auto F, std::ranges::input_range Range>
    auto map_async(Range&& xs, MapOptions options = {});
    template <auto F, class T>
    auto map_async(std::initializer_list<T> xs, MapOptions options = {});
    template <class F, std::ranges::input_range Range>
    auto map_async(F f, Range&& xs, MapOptions options = {});
    template <class F, class T>
    auto map_async(F f, std::initializer_list<T> xs, MapOptions options = {});

    /// The vector of f(a, b, ...) for each tuple or pair (a, b, ...), in order.
    template <auto F, std::ranges::input_range Range>
    auto starmap(Range&& xs, MapOptions options = {});
    template <auto F, class T>
    auto starmap(std::initializer_list<T> xs, MapOptions options = {});
    template <class F, std::ranges::input_range Range>
    auto starmap(F f, Range&& xs, MapOptions options = {});
    template <class F, class T>
    auto starmap(F f, std::initializer_list<T> xs, MapOptions options = {});
    template <auto F, std::ranges::input_range Range>
    auto starmap_async(Range&& xs, MapOptions options = {});
    template <class F, std::ranges::input_range Range>
    auto starmap_async(F f, Range&& xs, MapOptions options = {});

    /// The results as a range to be walked while they come, in order. The inputs may be endless: no more than
    /// the window are read ahead of the results that have been taken. An lvalue range must outlive the
    /// result.
    template <auto F, std::ranges::input_range Range>
    auto imap(Range&& xs, MapOptions options = {});
    template <auto F, class T>
    auto imap(std::initializer_list<T> xs, MapOptions options = {});
    template <class F, std::ranges::input_range Range>
    auto imap(F f, Range&& xs, MapOptions options = {});
    template <class F, class T>
    auto imap(F f, std::initializer_list<T> xs, MapOptions options = {});
    /// The same in the order in which they come.
    template <auto F, std::ranges::input_range Range>
    auto imap_unordered(Range&& xs, MapOptions options = {});
    template <auto F, class T>
    auto imap_unordered(std::initializer_list<T> xs, MapOptions options = {});
    template <class F, std::ranges::input_range Range>
    auto imap_unordered(F f, Range&& xs, MapOptions options = {});
    template <class F, class T>
    auto imap_unordered(F f, std::initializer_list<T> xs, MapOptions options = {});

    /// The same with f(a, b, ...) for each tuple or pair (a, b, ...).
    template <auto F, std::ranges::input_range Range>
    auto istarmap(Range&& xs, MapOptions options = {});
    template <auto F, class T>
    auto istarmap(std::initializer_list<T> xs, MapOptions options = {});
    template <class F, std::ranges::input_range Range>
    auto istarmap(F f, Range&& xs, MapOptions options = {});
    template <class F, class T>
    auto istarmap(F f, std::initializer_list<T> xs, MapOptions options = {});
    template <auto F, std::ranges::input_range Range>
    auto istarmap_unordered(Range&& xs, MapOptions options = {});
    template <auto F, class T>
    auto istarmap_unordered(std::initializer_list<T> xs, MapOptions options = {});
    template <class F, std::ranges::input_range Range>
    auto istarmap_unordered(F f, Range&& xs, MapOptions options = {});
    template <class F, class T>
    auto istarmap_unordered(F f, std::initializer_list<T> xs, MapOptions options = {});

    /// As map, with an Outcome for each input, which holds the value or the error; throws no task's error.
    template <auto F, std::ranges::input_range Range>
    auto try_map(Range&& xs, MapOptions options = {});
    template <auto F, class T>
    auto try_map(std::initializer_list<T> xs, MapOptions options = {});
    template <class F, std::ranges::input_range Range>
    auto try_map(F f, Range&& xs, MapOptions options = {});
    template <class F, class T>
    auto try_map(F f, std::initializer_list<T> xs, MapOptions options = {});

    /// The results of f(x) for each root x and for each x of what the tasks ask for in addition, where f
    /// gives an `Expansion{.results, .more}`: a range as of imap_unordered, of single results as they come,
    /// which ends when no input is left. A task's error is thrown once in their place, and the others go on.
    /// The roots are read at once; `window` bounds the tasks under way; no chunks are made, and a fixed
    /// schedule throws UsageError. More tasks begin while this process is inside any function of rankpool.
    template <auto F, std::ranges::input_range Range>
    auto expand(Range&& roots, MapOptions options = {});
    template <auto F, class T>
    auto expand(std::initializer_list<T> roots, MapOptions options = {});
    template <class F, std::ranges::input_range Range>
    auto expand(F f, Range&& roots, MapOptions options = {});
    template <class F, class T>
    auto expand(F f, std::initializer_list<T> roots, MapOptions options = {});

    /// op(init, the reduction by op of f(x) over all x). Reduced in the workers, in a binary tree that
    /// depends on the number of inputs only: the same digits whatever the number of ranks and workers.
    template <auto F, auto Op, std::ranges::input_range Range, class T>
    T map_reduce(Range&& xs, T init, MapOptions options = {});
    template <auto F, auto Op, class E, class T>
    T map_reduce(std::initializer_list<E> xs, T init, MapOptions options = {});
    template <class F, class Op, std::ranges::input_range Range, class T>
    T map_reduce(F f, Op op, Range&& xs, T init, MapOptions options = {});

    /// Sends the value to every rank once, by a collective.
    template <class T>
    [[nodiscard]] Shared<std::decay_t<T>> broadcast(T&& value) {
        return Shared<std::decay_t<T>>{std::forward<T>(value)};
    }

    /// No more calls; those under way go on.
    void close() { client().close(); }
    /// Waits until all calls are done and the workers have ended. Throws UsageError before close or
    /// terminate.
    void join() { client().join(); }
    /// Ends the workers now; what waits for results gets ClosedError.
    void terminate() { client().terminate(); }

  private:
    /// What the caller of a call does next.
    enum class Caller { waits, goes_on };

    template <class Base, pool::Spread spread, class Range, class F, class... Made>
    auto start(F f, Range&& xs, MapOptions options, Caller caller, Made&&... made);
    template <pool::Spread spread, class F, class Range>
    auto start_list(F f, Range&& xs, MapOptions options, Caller caller);
    template <pool::Spread spread, class F, class Range>
    auto list(F f, Range&& xs, MapOptions options);
    template <pool::Spread spread, class F, class Range>
    auto list_async(F f, Range&& xs, MapOptions options);
    template <pool::Spread spread, class F, class Range>
    auto flow(F f, Range&& xs, MapOptions options, bool in_order);
    template <class Result, class Started>
    Result wait_for(Started const& call);

    /// Throws UsageError where the pool has been moved to another object.
    [[nodiscard]] pool::PoolClient& client() const;

    std::shared_ptr<pool::PoolClient> client_;
};

}  // namespace rankpool

#include "rankpool/pool/pool_calls.hpp"
