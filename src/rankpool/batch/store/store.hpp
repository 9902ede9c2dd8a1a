// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/column.hpp"
#include "rankpool/batch/files/store_error.hpp"
#include "rankpool/batch/store/attempt.hpp"
#include "rankpool/batch/store/claim.hpp"
#include "rankpool/batch/store/run_record.hpp"
#include "rankpool/core/time_source.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace rankpool::batch {

/// True if the database has room for values of that size: SQLite's cells and rows end at 1 GB.
bool fit_for_store(std::span<Value const> values);

/// The results of a run, in a SQLite database that this process alone writes to. Nothing counts as stored
/// before `commit`, which `commit_if_due` calls by itself when enough has gathered.
///
/// All functions throw StoreError when the disk is full or fails, or others hold the database for long; those
/// that open it also InputError, see open_database, and RunAtWork where another run has it.
class Store {
  public:
    /// Makes the database of a new run, whole or not at all.
    static Store create(std::filesystem::path const& file, RunRecord const& record, TimeSource time = {});
    /// Opens that of an earlier run, the record of which is then `record()`. Nothing in it is changed before
    /// begin_session.
    static Store resume(std::filesystem::path const& file, TimeSource time = {});
    Store(Store&&) noexcept;
    /// Loses what has not been committed.
    ~Store();

    [[nodiscard]] RunRecord const& record() const;

    /// Notes that the program has started, with this about it; numbers the attempts that follow.
    void begin_session(Session const& session);
    /// Notes what it has taken so far, with what is committed next.
    void update_session(Session const& session);
    /// Notes how it ended, and leaves one file that any SQLite can read.
    void end_session(Session const& session);

    /// Calls `take` with each input, and the task that it was, that is about to lose its place to another, or
    /// has not come any more: before anything of that is written.
    void tell_of_displaced(std::function<void(std::int64_t task, InputKey const& key)> take);

    /// Takes note of the `task`th input; inputs must come in order. Tells what became of it in earlier
    /// sessions: it is known again by its key, wherever it stood then.
    Claim claim(std::int64_t task, InputKey const& key);
    /// After the last input: the number of those of earlier sessions that have not come. Their rows are kept,
    /// with negative numbers.
    std::int64_t end_claims(std::int64_t inputs);

    /// Gives the results another column, which is null in those that are there.
    void add_result_column(Column const& column);

    /// Calls `take` with the seconds of some of the latest tasks of earlier sessions that succeeded.
    void for_each_duration(std::function<void(double)> const& take);

    void add_attempt(Attempt const& attempt);
    /// Which one was added last, for output_of_attempt.
    [[nodiscard]] std::int64_t newest_attempt() const;
    /// Values of the input's columns, then the result's.
    void add_result(std::int64_t task, std::span<Value const> values, bool had_failed);
    void add_failure(std::int64_t task, Attempt const& last, std::span<Value const> input);

    void commit();
    /// Commits when enough rows or bytes have gathered or the first has waited long enough; `idle`: at once.
    void commit_if_due(bool idle);
    [[nodiscard]] bool has_uncommitted() const;

    /// Results and failures that are stored, of inputs that are still there.
    [[nodiscard]] std::int64_t count_results();
    [[nodiscard]] std::int64_t count_failures();
    /// Calls `take` with the values of a task's result, if it has one.
    void read_result(std::int64_t task, std::function<void(std::span<Value const>)> const& take);
    /// What the command of an attempt that failed has written to stdout.
    [[nodiscard]] std::string output_of_attempt(std::int64_t attempt);
    /// Calls `take` with each result's values, in the inputs' order; its SerializationError gives InputError.
    void for_each_result(std::function<void(std::span<Value const>)> const& take);
    /// The same for tasks that have failed for good: their number, the reason and the input's values.
    void for_each_failure(
        std::function<void(std::int64_t, std::string const&, std::span<Value const>)> const& take);

  private:
    class State;
    explicit Store(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace rankpool::batch
