// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/files/store_error.hpp"
#include "rankpool/batch/store/database_files.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <functional>
#include <string>

namespace rankpool::batch {

/// Marks a database as one of rankpool's ("rkpl"), in SQLite's application_id.
inline constexpr int application_id = 0x726b706c;
/// Beyond this size a database is neither looked through nor copied before it is used.
inline constexpr std::uintmax_t most_checked = std::uintmax_t{1} << 30;

/// Makes a run's database in one step: `fill` is given an empty one under another name, which is renamed when
/// all of it is on the disk. Whatever fails or ends the process meanwhile, there is none. What an earlier
/// start has left that came to nothing is removed.
void make_database(std::filesystem::path const& file, std::function<void(SQLite::Database&)> const& fill);

/// Opens a run's database for writing; it has not been changed yet but for what a process that died has left
/// to be completed. Throws DatabaseBusy where another process holds it for too long, InputError where it is
/// damaged, of another program or of a newer rankpool, or does more than tables do; it is then left as it is.
SQLite::Database open_database(std::filesystem::path const& file);

/// Makes sure that what is committed from now on is safe, and may be read meanwhile by others, as far as the
/// file system allows for both.
void prepare_for_writing(SQLite::Database& database, std::filesystem::path const& file);

/// Lets nothing that stands in a database do anything, for connections to what others have written.
void harden(SQLite::Database& database);
/// Throws InputError where the database is none that this program can read, or is damaged.
void check_database(SQLite::Database& database, std::filesystem::path const& file);

/// `"name"`, as SQL wants it.
std::string quoted(std::string const& name);

/// What SQLite says has gone wrong, as the error that the program tells: StoreError where the disk or other
/// processes are to blame, InputError where the database is.
[[noreturn]] void rethrow(SQLite::Exception const& error, std::filesystem::path const& file);

}  // namespace rankpool::batch
