// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/run_record.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>
#include <vector>

namespace rankpool::batch {

/// Version of the tables, in SQLite's user_version; see README.md.
extern int const schema_version;

/// Makes the tables, which README.md describes, and stores what the run is.
void make_schema(SQLite::Database& database, RunRecord const& record);
/// True of tables of an older version.
bool needs_upgrade(SQLite::Database& database);
/// Gives tables of an older version what they lack, one version after the other.
void upgrade_schema(SQLite::Database& database);

/// True of a table or index that this program makes, or SQLite for it.
bool is_own(std::string const& type, std::string const& name, std::string const& sql);
/// Why the tables are not such as this program can use; empty where they are.
std::string problem_of_tables(SQLite::Database& database);
/// Makes the inputs that are out of the way quick to find.
void index_displaced(SQLite::Database& database);

/// Throws SerializationError where what the run is cannot be read, as read_sessions does.
RunRecord read_record(SQLite::Database& database);

/// Gives the results the last of the record's columns, which is new.
void add_column(SQLite::Database& database, RunRecord const& record);

/// True where `attempts` says what a command that failed had written.
bool keeps_failed_output(SQLite::Database& database, RunRecord const& record);

/// True where `attempts` says how commands ended.
bool keeps_command_ends(SQLite::Database& database);
/// True where attempts say which processor their worker was bound to.
bool keeps_processors(SQLite::Database& database);
/// True where the run says what its fields are called, and attempts what a command had.
bool keeps_fields(SQLite::Database& database);

/// Adds a row to `sessions`, and returns its number.
std::int64_t insert_session(SQLite::Database& database, Session const& session);
/// Notes what the session has taken so far.
void update_session(SQLite::Database& database, std::int64_t number, Session const& session);
/// Completes that row, and turns the database into one file without a journal beside it; unless somebody
/// reads it just now.
void finish_session(SQLite::Database& database, std::int64_t number, Session const& session);
/// The sessions in their order.
std::vector<Session> read_sessions(SQLite::Database& database);

}  // namespace rankpool::batch
