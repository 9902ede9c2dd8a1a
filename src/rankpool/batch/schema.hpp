// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/run_record.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>

namespace rankpool::batch {

/// Makes the tables, which README.md describes, and stores what the run is.
void make_schema(SQLite::Database& database, RunRecord const& record);
RunRecord read_record(SQLite::Database& database);

/// Adds a row to `sessions`, and returns its number.
std::int64_t insert_session(SQLite::Database& database, Session const& session);
/// Completes that row, and turns the database into one file without a journal beside it.
void finish_session(SQLite::Database& database, std::int64_t number, Session const& session);
/// The sessions in their order.
std::vector<Session> read_sessions(SQLite::Database& database);

}  // namespace rankpool::batch
