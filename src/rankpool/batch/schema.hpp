// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/run_record.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>

namespace rankpool::batch {

/// Makes the tables, which README.md describes, and stores what the run is.
void make_schema(SQLite::Database& database, RunRecord const& record);
/// Gives tables of an older version what they lack.
void upgrade_schema(SQLite::Database& database);
RunRecord read_record(SQLite::Database& database);

/// Adds a row to `sessions`, and returns its number.
std::int64_t insert_session(SQLite::Database& database, Session const& session);
/// Notes what the session has taken so far.
void update_session(SQLite::Database& database, std::int64_t number, Session const& session);
/// Completes that row, and turns the database into one file without a journal beside it.
void finish_session(SQLite::Database& database, std::int64_t number, Session const& session);
/// The sessions in their order.
std::vector<Session> read_sessions(SQLite::Database& database);

}  // namespace rankpool::batch
