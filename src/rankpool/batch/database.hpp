// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/input_error.hpp"
#include "rankpool/batch/store_error.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>

namespace rankpool::batch {

/// Another process is at work with the database.
class DatabaseBusy : public InputError {
  public:
    using InputError::InputError;
};

/// What a database is opened for.
enum class Access { create, resume, read };

/// Marks a database as one of rankpool's ("rkpl"), in SQLite's application_id.
inline constexpr int application_id = 0x726b706c;
/// Version of the tables, in SQLite's user_version; see README.md.
inline constexpr int schema_version = 2;

/// Opens a run's database. For writing it is locked for this process alone as long as it lives, in a way that
/// is safe on network file systems. Throws DatabaseBusy where another process has it, InputError where it is
/// damaged, of another program or of a newer rankpool; it is then left as it is.
SQLite::Database open_database(std::filesystem::path const& file, Access access);

/// `"name"`, as SQL wants it.
std::string quoted(std::string const& name);

/// What SQLite says has gone wrong, as the error that the program tells.
[[noreturn]] void rethrow_as_store_error(SQLite::Exception const& error, std::filesystem::path const& file);

}  // namespace rankpool::batch
