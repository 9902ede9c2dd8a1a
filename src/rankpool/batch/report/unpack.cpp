// SPDX-License-Identifier: MIT
#include "rankpool/batch/report/unpack.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/store/cells.hpp"
#include "rankpool/batch/store/database.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/schema.hpp"
#include "rankpool/core/atomic_file.hpp"
#include "rankpool/core/log.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>
#include <string_view>

namespace rankpool::batch {
namespace {

std::string_view bytes_of(Value const& value) {
    if (auto const* const text = std::get_if<std::string>(&value)) return *text;
    auto const* const bytes = std::get_if<Bytes>(&value);
    return bytes ? std::string_view{reinterpret_cast<char const*>(bytes->data()), bytes->size()} : "";
}

void write_file(std::filesystem::path const& file, Value const& content) {
    try {
        AtomicFile to{file, AtomicFile::Links::followed};
        to.write(bytes_of(content));
        to.commit(AtomicFile::Durability::none);
    } catch (FileError const& error) {
        throw InputError(error.what());
    }
}

/// `query` gives tasks, and what each has written to stdout and to stderr.
void write_files(SQLite::Database& database, std::string const& query, std::filesystem::path const& folder,
                 DatabaseView& view) {
    SQLite::Statement row{database, query};
    while (row.executeStep()) {
        auto const name = std::to_string(count_in(row, 0));
        write_file(folder / (name + ".out"), value_in(row.getColumn(1)));
        write_file(folder / (name + ".err"), value_in(row.getColumn(2)));
        // A slow disk is no reason to give up.
        view.start_clock();
    }
}

}  // namespace

void unpack_outputs(std::filesystem::path const& run, std::filesystem::path const& folder) {
    DatabaseView view{RunDirectory{run}.database()};
    if (!view.lack().empty()) say(view.lack());
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    if (problem)
        throw InputError("cannot make the folder " + folder.string() + " (" + problem.message() + ")");
    view.read([&](SQLite::Database& database) {
        auto const record = read_record(database);
        if (record.job != "exec") {
            throw InputError("cannot unpack " + run.string() + " (it is a run of " + record.job +
                             "; the tasks of exec alone are commands that write). Leave out --unpack?");
        }
        auto const column = [&](std::size_t place) {
            return quoted(sql_name(record.result_columns.at(place)));
        };
        write_files(database,
                    "SELECT task, " + column(0) + ", " + column(1) + " FROM results WHERE task >= 0", folder,
                    view);
        if (!keeps_failed_output(database, record)) return;
        write_files(
            database,
            "SELECT f.task, a.out, a.err FROM failures f JOIN (SELECT task, attempt, out, err, max(rowid) "
            "FROM attempts GROUP BY task, attempt) a ON a.task = f.task AND a.attempt = f.attempts "
            "WHERE f.task >= 0",
            folder, view);
    });
}

}  // namespace rankpool::batch
