// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/monitor/tally.hpp"
#include "rankpool/batch/recording/node_health.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/store.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// Records what becomes of tasks: in the store, in `run.log` and in the counts; and finds the nodes on which
/// everything fails.
class TaskRecorder {
  public:
    /// All of these must outlive it.
    TaskRecorder(Store& store, RunDirectory const& directory, Tally& tally)
        : store_(store), directory_(directory), tally_(tally) {}

    void add_result(Attempt const& attempt, std::span<Value const> values, bool had_failed);
    /// `is_final`: it will not be tried again.
    void add_failure(Attempt const& attempt, std::span<Value const> input, bool is_final);
    /// It has ended as it was told, and is not done.
    void pass_over(Attempt const& attempt) const;
    /// What the workers do now has been ended, and is not done.
    void pass_over_running() const;

    /// As Store::commit_if_due.
    void commit_if_due(bool idle);
    /// What has not been committed is lost, and not counted any more.
    void count_committed_only();

    /// The nodes on which everything fails, as far as they have been found since the last call: they should
    /// get no more tasks.
    std::vector<std::string> take_bad_nodes() { return std::exchange(bad_nodes_, {}); }

  private:
    void note_health(Attempt const& attempt);

    Store& store_;
    RunDirectory const& directory_;
    Tally& tally_;
    struct {
        std::uint64_t ok = 0;
        std::uint64_t failed = 0;
        std::uint64_t lost = 0;
    } committed_;
    NodeHealth health_;
    std::vector<std::string> bad_nodes_;
};

}  // namespace rankpool::batch
