// SPDX-License-Identifier: MIT
#include "rankpool/batch/database.hpp"

#include "rankpool/batch/file_system.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace rankpool::batch {
namespace {

/// Beyond this size, looking through the whole file before a run takes too long.
constexpr std::uintmax_t checked_size = std::uintmax_t{1} << 30;
constexpr int cache_kib = 64 * 1024;

[[noreturn]] void refuse(std::filesystem::path const& file, std::string const& why, char const* suggestion) {
    throw InputError("cannot use " + file.string() + " (" + why + "). " + suggestion);
}

[[noreturn]] void refuse_damaged(std::filesystem::path const& file, std::string what) {
    std::ranges::replace(what, '\n', ' ');
    refuse(file, "it is damaged or no database: " + what,
           "Name another folder with --run-dir? It has been left as it is.");
}

int pragma(SQLite::Database& database, char const* name) {
    return database.execAndGet(std::string{"PRAGMA "} + name).getInt();
}

void check(SQLite::Database& database, std::filesystem::path const& file) {
    int const id = pragma(database, "application_id");
    int const version = pragma(database, "user_version");
    if (id != application_id) {
        refuse(file, "it is not a database of rankpool", "Name another folder with --run-dir?");
    }
    if (version > schema_version) {
        refuse(file,
               "its tables have version " + std::to_string(version) + ", newer than this program's " +
                   std::to_string(schema_version),
               "Use the rankpool that made it?");
    }
    std::error_code ignored;
    if (std::filesystem::file_size(file, ignored) > checked_size) return;
    std::string const found = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (found != "ok") refuse_damaged(file, found);
}

void expect(SQLite::Database& database, std::string const& name, std::string const& wanted) {
    std::string const got = database.execAndGet("PRAGMA " + name + "=" + wanted).getString();
    if (got == wanted) return;
    throw StoreError("cannot store results safely (SQLite's " + name + " stays " + got + " instead of " +
                     wanted + "). Put the run directory on another file system?");
}

void prepare_for_writing(SQLite::Database& database, std::filesystem::path const& file) {
    bool const networked = is_on_network(file);
    database.exec("BEGIN EXCLUSIVE; COMMIT");
    expect(database, "journal_mode", networked ? "truncate" : "wal");
    database.exec(networked ? "PRAGMA synchronous=EXTRA" : "PRAGMA synchronous=FULL");
    database.exec("PRAGMA cache_size=-" + std::to_string(cache_kib));
}

SQLite::Database open_checked(std::filesystem::path const& file, Access access) {
    int const flags =
        access == Access::create ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE : SQLite::OPEN_READWRITE;
    std::error_code ignored;
    if (access != Access::create && !std::filesystem::is_regular_file(file, ignored)) {
        refuse(file, "it is no plain file", "Name a run directory, such as runs/latest?");
    }
    if (access != Access::create && std::filesystem::file_size(file, ignored) == 0) {
        refuse_damaged(file, "it is empty");
    }
    SQLite::Database database{file.string(), flags};
    // First of all: a database that is locked for good before it goes to WAL needs no shared memory, which
    // does not work between the machines of a network file system.
    expect(database, "locking_mode", "exclusive");
    if (access != Access::create) check(database, file);
    if (access != Access::read) prepare_for_writing(database, file);
    return database;
}

}  // namespace

SQLite::Database open_database(std::filesystem::path const& file, Access access) {
    try {
        return open_checked(file, access);
    } catch (SQLite::Exception const& error) {
        switch (error.getErrorCode()) {
            case SQLITE_BUSY:
            case SQLITE_LOCKED:
                throw DatabaseBusy("cannot use " + file.string() +
                                   " (a run is at work in it). Wait for its end, or see rankpool status?");
            case SQLITE_CORRUPT:
            case SQLITE_NOTADB:
                refuse_damaged(file, error.what());
            case SQLITE_CANTOPEN:
            case SQLITE_PERM:
            case SQLITE_READONLY:
                refuse(file, error.what(), "Is there such a file, and may it be written?");
            default:
                rethrow_as_store_error(error, file);
        }
    }
}

std::string quoted(std::string const& name) {
    std::string text = "\"";
    for (char const letter : name) text.append(letter == '"' ? 2 : 1, letter);
    return text + '"';
}

void rethrow_as_store_error(SQLite::Exception const& error, std::filesystem::path const& file) {
    throw StoreError("cannot store any more in " + file.string() + " (" + error.what() +
                     "; what was stored before is safe). Make room, then run again with --resume?");
}

}  // namespace rankpool::batch
