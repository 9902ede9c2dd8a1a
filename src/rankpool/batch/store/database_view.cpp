// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/database_view.hpp"

#include "rankpool/batch/store/database.hpp"
#include "rankpool/core/printable.hpp"

#include <SQLiteCpp/Backup.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace fs = std::filesystem;

namespace rankpool::batch {
namespace {

constexpr int patience_ms = 2000;
/// Of the database, in a second: anything that is asked of a sound one goes faster.
constexpr std::uintmax_t least_speed = 2'000'000;

/// A folder for as long as this is there.
class PrivateFolder {
  public:
    PrivateFolder() {
        std::error_code error;
        std::string text = (fs::temp_directory_path(error) / "rankpool-XXXXXX").string();
        if (error || !::mkdtemp(text.data())) {
            throw InputError(std::string{"cannot make a folder for a copy ("} +
                             (error ? error.message() : std::strerror(errno)) + "). Set TMPDIR?");
        }
        path_ = text;
    }
    PrivateFolder(PrivateFolder const&) = delete;
    PrivateFolder& operator=(PrivateFolder const&) = delete;
    ~PrivateFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    [[nodiscard]] fs::path const& path() const { return path_; }

  private:
    fs::path path_;
};

/// Without anything that SQLite would take for more than a name.
std::string as_uri(fs::path const& file, char const* options) {
    std::string text = "file:";
    for (char const letter : file.string()) {
        bool const is_plain = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '/' ||
                              letter == '.' || letter == '-' || letter == '_';
        text +=
            is_plain ? std::string(1, letter) : fmt::format("%{:02x}", static_cast<unsigned char>(letter));
    }
    return text + "?" + options;
}

/// Opens the database where it lies; nothing beside it is made or written, a log's index neither.
SQLite::Database connect(DatabaseFiles const& files, char const* options) {
    SQLite::Database database{as_uri(files.main(), options),
                              SQLite::OPEN_READONLY | SQLite::OPEN_URI | SQLite::OPEN_NOFOLLOW, patience_ms};
    harden(database);
    return database;
}

/// What a process that died has left is completed in the copy.
SQLite::Database recovered(fs::path const& copy) {
    SQLite::Database database{copy.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOFOLLOW, patience_ms};
    harden(database);
    // In this order: then the log needs no index beside it. The file stays when its name is gone.
    database.exec("PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE");
    database.execAndGet("PRAGMA journal_mode=DELETE");
    return database;
}

[[noreturn]] void refuse_busy(fs::path const& file) {
    throw DatabaseBusy("cannot read " + file.string() +
                       " (a run is at work in it and lets nobody in, as on network file systems, or another "
                       "process has locked it). Wait for its end, or see rankpool status?");
}

/// No table, and not of anybody: what the first moments of a start have left.
bool has_come_to_nothing(DatabaseFiles const& files) {
    PrivateFolder const folder;
    if (!files.copy_to(folder.path())) return false;
    auto database = recovered(folder.path() / files.main().filename());
    return database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt64() == 0 &&
           database.execAndGet("PRAGMA application_id").getInt64() == 0;
}

}  // namespace

bool run_exists(fs::path const& file) {
    DatabaseFiles const files{file};
    if (!files.exist() || files.is_empty()) return false;
    if (!files.is_database() || files.application() != 0 || files.size() > most_checked) return true;
    if (files.use() != DatabaseFiles::Use::none) return true;
    files.check_journal();
    try {
        return !has_come_to_nothing(files);
    } catch (SQLite::Exception const&) {
        return true;  // opening it will tell what is wrong
    }
}

DatabaseView::DatabaseView(fs::path const& file)
    : name_(file), enough_(std::make_unique<Deadline>(Deadline::never())) {
    constexpr int tries = 5;
    try {
        for (int i = 0; i < tries && !database_; ++i) {
            DatabaseFiles const files{file};
            if (!run_exists(file)) {
                throw InputError("cannot look at " + file.parent_path().string() +
                                 " (there is no results.sqlite in it). Name a run directory, such as "
                                 "runs/latest?");
            }
            bool const is_at_rest = files.use() == DatabaseFiles::Use::none;
            if (files.size() > most_checked) {
                open_in_place(files);
            } else if (is_at_rest && (files.has_log() || files.has_journal())) {
                if (!copy_files(files)) database_.reset();
            } else {
                copy_by_sqlite(files);
            }
        }
        if (!database_) refuse_busy(file);
        guard();
        check_database(*database_, file);
    } catch (SQLite::Exception const& error) {
        int const code = error.getErrorCode() & 0xff;
        if (code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_PROTOCOL) refuse_busy(file);
        rethrow_as_input_error();
    }
}

DatabaseView::~DatabaseView() = default;

/// False where somebody has begun to write meanwhile.
bool DatabaseView::copy_files(DatabaseFiles const& files) {
    files.check_journal();
    PrivateFolder const folder;
    if (!files.copy_to(folder.path())) return false;
    database_.emplace(recovered(folder.path() / files.main().filename()));
    return true;
}

void DatabaseView::copy_by_sqlite(DatabaseFiles const& files) {
    auto original = connect(files, "readonly_shm=1");
    // Without a name: in memory, and beyond what fits there in a file that nobody sees.
    database_.emplace("", SQLite::OPEN_READWRITE);
    harden(*database_);
    database_->exec("PRAGMA cache_size=-65536");
    SQLite::Backup backup{*database_, original};
    auto const deadline = Deadline::after(std::chrono::milliseconds{patience_ms});
    int result = backup.executeStep(-1);
    while (result != SQLITE_DONE) {
        if (deadline.passed()) throw SQLite::Exception("database is locked", result);
        ::sqlite3_sleep(50);
        result = backup.executeStep(-1);
    }
}

void DatabaseView::open_in_place(DatabaseFiles const& files) {
    try {
        database_.emplace(connect(files, "readonly_shm=1"));
        database_->execAndGet("SELECT count(*) FROM sqlite_schema");
    } catch (SQLite::Exception const& error) {
        int const code = error.getErrorCode() & 0xff;
        bool const at_rest = files.use() == DatabaseFiles::Use::none && !files.has_journal();
        if (!at_rest || (code != SQLITE_CANTOPEN && code != SQLITE_READONLY)) throw;
        // A run has died, and where it cannot be written the rest of its log cannot be read.
        database_.emplace(connect(files, "immutable=1"));
        if (files.log_size() > 0) {
            lack_ = fmt::format(
                "the last {} bytes that the run has stored, in {}-wal, are not seen (it has died, "
                "and is too large to be copied); add --resume to complete it",
                files.log_size(), name_.string());
        }
    }
}

void DatabaseView::guard() {
    auto const look = [](void* deadline) { return static_cast<Deadline*>(deadline)->passed() ? 1 : 0; };
    constexpr int steps = 100'000;
    auto const pages = static_cast<std::uintmax_t>(database_->execAndGet("PRAGMA page_count").getInt64());
    auto const page = static_cast<std::uintmax_t>(database_->execAndGet("PRAGMA page_size").getInt64());
    most_time_ += std::chrono::seconds{pages * page / least_speed};
    start_clock();
    ::sqlite3_progress_handler(database_->getHandle(), steps, look, enough_.get());
}

void DatabaseView::rethrow_as_input_error() const {
    std::string what;
    char const* suggestion = "Is it damaged, or has it been edited?";
    try {
        throw;
    } catch (InputError const&) {
        throw;
    } catch (SQLite::Exception const& error) {
        what = error.what();
        int const code = error.getErrorCode() & 0xff;
        if (code == SQLITE_INTERRUPT) what = "reading it does not end";
        if (code == SQLITE_FULL || code == SQLITE_IOERR) suggestion = "Is there room for a copy? Set TMPDIR?";
    } catch (SerializationError const& error) {
        what = error.what();
    }
    throw InputError("cannot read " + name_.string() + " (" + printable(what) + "). " + suggestion);
}

}  // namespace rankpool::batch
