// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/time_source.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstddef>

namespace rankpool::batch {

/// Gathers what is written to a database in one transaction after the other, since each commit waits for the
/// disk. What has not been committed is lost with the connection.
class GroupCommit {
  public:
    /// The database must outlive it.
    GroupCommit(SQLite::Database& database, TimeSource time) : database_(database), time_(time) {}

    /// To be called before anything is written: opens a transaction where none is open.
    void begin();
    /// Runs a statement of which all parameters are bound, about so many bytes.
    void write(SQLite::Statement& statement, std::size_t bytes);
    void commit();

    /// True if something has been written since the last commit.
    [[nodiscard]] bool is_open() const { return rows_ > 0; }
    /// True if enough rows or bytes have gathered, or the first has waited long enough.
    [[nodiscard]] bool is_full() const;

  private:
    SQLite::Database& database_;
    TimeSource time_;
    std::size_t rows_ = 0;
    std::size_t bytes_ = 0;
    Clock::time_point first_row_{};
};

}  // namespace rankpool::batch
