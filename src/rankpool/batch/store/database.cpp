// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/database.hpp"

#include "rankpool/batch/files/file_system.hpp"
#include "rankpool/batch/files/stop_signals.hpp"
#include "rankpool/batch/store/schema.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/core/job_environment.hpp"
#include "rankpool/core/printable.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace fs = std::filesystem;

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

constexpr int cache_kib = 64 * 1024;

[[noreturn]] void refuse_damaged(fs::path const& file, std::string what) {
    std::ranges::replace(what, '\n', ' ');
    refuse_database(file, "it is damaged or no database: " + printable(what),
                    "Name another folder with --run-dir? It has been left as it is.");
}

int pragma(SQLite::Database& database, char const* name) {
    return database.execAndGet(std::string{"PRAGMA "} + name).getInt();
}

void expect(SQLite::Database& database, std::string const& name, std::string const& wanted) {
    std::string const got = database.execAndGet("PRAGMA " + name + "=" + wanted).getString();
    if (got == wanted) return;
    throw StoreError("cannot store results safely (SQLite's " + name + " stays " + got + " instead of " +
                     wanted + "). Put the run directory on another file system?");
}

/// Called by SQLite while another process is in the way: not for long, unless it is a job that waits, and not
/// where this process is told to end.
int wait_for_others(void* /*nothing*/, int calls) {
    constexpr int most_calls = 100;
    constexpr int most_calls_of_jobs = 1200;
    int const most = batch_job() ? most_calls_of_jobs : most_calls;
    if (calls >= most || StopSignals::requested() == StopRequest::now) return 0;
    std::this_thread::sleep_for(50ms);
    return 1;
}

/// Names that are no run's table or index, such as a view's, which would run what stands in it.
void check_names(SQLite::Database& database, fs::path const& file) {
    SQLite::Statement row{database, "SELECT type, name, rootpage, sql FROM sqlite_schema"};
    while (row.executeStep()) {
        std::string const type = row.getColumn(0).getString();
        std::string const name = row.getColumn(1).getString();
        bool const is_plain = row.getColumn(2).isInteger() && row.getColumn(2).getInt64() > 0;
        if (is_plain && is_own(type, name, row.getColumn(3).getString())) continue;
        refuse_database(file,
                        "it has the " + printable(type.empty() ? "thing" : type) + " " + printable(name) +
                            ", which no run makes",
                        "Remove that from it?");
    }
}

void check_content(SQLite::Database& database, fs::path const& file) {
    auto const one = [&](char const* name) { return database.execAndGet(name).getInt64(); };
    auto const pages = static_cast<std::uintmax_t>(std::max<std::int64_t>(0, one("PRAGMA page_count")));
    if (pages > most_checked / static_cast<std::uintmax_t>(one("PRAGMA page_size"))) return;
    std::string const found = database.execAndGet("PRAGMA quick_check(1)").getString();
    if (found != "ok") refuse_damaged(file, found);
}

template <class Work>
auto opening(fs::path const& file, Work work) {
    try {
        return work();
    } catch (SQLite::Exception const& error) {
        switch (error.getErrorCode() & 0xff) {
            case SQLITE_CANTOPEN:
            case SQLITE_PERM:
            case SQLITE_READONLY:
                refuse_database(file, error.what(), "Is there such a file, and may it be written?");
            default:
                rethrow(error, file);
        }
    }
}

SQLite::Database connect(DatabaseFiles const& files) {
    // One thread uses it.
    constexpr int no_locks = SQLITE_OPEN_NOMUTEX;
    SQLite::Database database{files.main().string(),
                              SQLite::OPEN_READWRITE | SQLite::OPEN_NOFOLLOW | no_locks};
    ::sqlite3_busy_handler(database.getHandle(), wait_for_others, nullptr);
    harden(database);
    return database;
}

/// Makes what stands in a folder last.
void sync_folder(fs::path const& folder) {
    int const fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    // Some file systems have no such thing.
    ::fsync(fd);
    ::close(fd);
}

void make_empty(fs::path const& file) {
    int const fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd >= 0) {
        ::close(fd);
        return;
    }
    std::string const problem = "cannot make " + file.string() + " (" + std::strerror(errno) + "). ";
    bool const passes = errno == ENOSPC || errno == EDQUOT || errno == EIO || errno == EMFILE;
    if (passes) throw StoreError(problem + "Make room, then run again with --resume?");
    throw InputError(problem + "Is the folder yours to write in?");
}

void rename_file(fs::path const& from, fs::path const& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return;
    throw StoreError("cannot make " + to.string() + " (" + std::strerror(errno) +
                     "). Make room, then run again with --resume?");
}

}  // namespace

void make_database(fs::path const& file, std::function<void(SQLite::Database&)> const& fill) {
    fs::path const fresh = file.string() + ".new";
    DatabaseFiles::remove(fresh);
    make_empty(fresh);
    try {
        opening(file, [&] {
            auto database = connect(DatabaseFiles{fresh});
            // Nobody else knows of it, and it counts only when it is whole.
            expect(database, "journal_mode", "memory");
            database.exec("PRAGMA synchronous=FULL");
            fill(database);
            expect(database, "journal_mode", is_on_network(file) ? "delete" : "wal");
        });
        DatabaseFiles::remove(file);
        rename_file(fresh, file);
        sync_folder(DatabaseFiles{file}.main().parent_path());
    } catch (...) {
        try {
            DatabaseFiles::remove(fresh);
        } catch (InputError const&) {
            // The next start will.
        }
        throw;
    }
}

SQLite::Database open_database(fs::path const& file) {
    DatabaseFiles const files{file};
    if (files.is_empty()) refuse_damaged(file, "it is empty");
    files.check_journal();
    return opening(file, [&] {
        auto database = connect(files);
        // First of all: a database that is locked for good before it goes to WAL needs no shared memory,
        // which does not work between the machines of a network file system.
        if (is_on_network(file)) {
            expect(database, "locking_mode", "exclusive");
            database.exec("BEGIN EXCLUSIVE; COMMIT");
        }
        check_database(database, file);
        return database;
    });
}

void prepare_for_writing(SQLite::Database& database, fs::path const& file) {
    bool const networked = is_on_network(file);
    expect(database, "journal_mode", networked ? "truncate" : "wal");
    database.exec(networked ? "PRAGMA synchronous=EXTRA" : "PRAGMA synchronous=FULL");
    database.exec("PRAGMA cache_size=-" + std::to_string(cache_kib));
}

void harden(SQLite::Database& database) {
    sqlite3* const handle = database.getHandle();
    ::sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    ::sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    ::sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    ::sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    ::sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    ::sqlite3_limit(handle, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
    ::sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 100);
    ::sqlite3_limit(handle, SQLITE_LIMIT_WORKER_THREADS, 0);
    database.exec("PRAGMA cell_size_check=ON");
}

void check_database(SQLite::Database& database, fs::path const& file) {
    if (pragma(database, "application_id") != application_id) {
        refuse_database(file, "it is not a database of rankpool", "Name another folder with --run-dir?");
    }
    int const version = pragma(database, "user_version");
    if (version > schema_version) {
        refuse_database(file,
                        "its tables have version " + std::to_string(version) +
                            ", newer than this program's " + std::to_string(schema_version),
                        "Use the rankpool that made it?");
    }
    check_names(database, file);
    check_content(database, file);
    if (auto const problem = problem_of_tables(database); !problem.empty()) {
        refuse_database(file, problem, "Has it been edited?");
    }
}

std::string quoted(std::string const& name) {
    std::string text = "\"";
    for (char const letter : name) text.append(letter == '"' ? 2 : 1, letter);
    return text + '"';
}

void rethrow(SQLite::Exception const& error, fs::path const& file) {
    switch (error.getErrorCode() & 0xff) {
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_NOMEM:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
            throw StoreError("cannot store any more in " + file.string() + " (" + error.what() +
                             "; what was stored before is safe). Make room, then run again with --resume?");
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_PROTOCOL:
            throw DatabaseBusy("cannot use " + file.string() +
                               " (another process has locked it; what was stored before is safe). Run again "
                               "with --resume when that has ended?");
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            refuse_damaged(file, error.what());
        case SQLITE_INTERRUPT:
            refuse_database(file, "reading it does not end", "Is it damaged?");
        default:
            // A table is not as this program has made it, or the program is wrong.
            throw Error("cannot go on with " + file.string() + " (" + printable(error.what()) +
                        "; what was stored before is safe). Has it been edited?");
    }
}

}  // namespace rankpool::batch
