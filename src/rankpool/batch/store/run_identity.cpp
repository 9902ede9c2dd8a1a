// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/run_identity.hpp"

#include "rankpool/batch/columns/json_fields.hpp"
#include "rankpool/batch/files/file_system.hpp"
#include "rankpool/batch/store/database.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/text/parse_number.hpp"

#include <sqlite3.h>

namespace rankpool::batch {
namespace {

/// Some milliseconds, in case that somebody looks at it at the same moment.
constexpr int patience = 100;
constexpr std::size_t largest_status = std::size_t{16} << 20U;

/// By a run at work, or until what one that died has left is played back.
bool is_busy(SQLite::Exception const& error) {
    int const code = error.getErrorCode() & 0xff;
    return code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_READONLY || code == SQLITE_CANTOPEN;
}

std::optional<RunIdentity> stored_identity(std::filesystem::path const& file) {
    SQLite::Database database{file.string(), SQLite::OPEN_READONLY, patience};
    harden(database);
    if (database.execAndGet("PRAGMA application_id").getInt() != application_id) return std::nullopt;
    SQLite::Statement row{database, "SELECT job, (SELECT min(started) FROM sessions), seed FROM run LIMIT 1"};
    if (!row.executeStep() || !row.getColumn(0).isText() || !row.getColumn(1).isFloat()) return std::nullopt;
    return RunIdentity{row.getColumn(0).getString(), row.getColumn(1).getDouble(),
                       static_cast<std::uint64_t>(row.getColumn(2).getInt64())};
}

}  // namespace

std::optional<RunIdentity> identify_run(std::filesystem::path const& folder) {
    RunDirectory const run{folder};
    std::error_code ignored;
    if (!std::filesystem::exists(run.database(), ignored)) return std::nullopt;
    try {
        return stored_identity(run.database());
    } catch (SQLite::Exception const& error) {
        if (!is_busy(error)) return std::nullopt;
    }
    auto const text = read_plain_file(run.status(), largest_status);
    auto const told = text ? parse_object(*text) : std::nullopt;
    if (!told) return std::nullopt;
    return RunIdentity{text_in(*told, "job"), number_in(*told, "started"),
                       parse_number<std::uint64_t>(text_in(*told, "seed")).value_or(0)};
}

}  // namespace rankpool::batch
