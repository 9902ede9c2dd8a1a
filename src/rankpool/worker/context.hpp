// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool {

class Pool;
struct PoolOptions;

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
};

/// The context of this worker. Throws UsageError in a process that is none.
Context& context();

}  // namespace rankpool
