// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/earlier_tasks.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/store/cells.hpp"
#include "rankpool/batch/store/database.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/run_identity.hpp"
#include "rankpool/batch/store/schema.hpp"

namespace rankpool::batch {
namespace {

using Statement = SQLite::Statement;

std::int64_t largest_command(SQLite::Database& database) {
    auto const record = read_record(database);
    if (record.job != "exec") return 0;
    for (auto const& column : record.result_columns) {
        if (!column.name.ends_with("command_memory")) continue;
        Statement row{database, "SELECT coalesce(max(" + quoted(sql_name(column)) + "), 0) FROM results"};
        row.executeStep();
        return count_in(row, 0);
    }
    return 0;
}

EarlierTasks read_tasks(SQLite::Database& database) {
    EarlierTasks tasks;
    Statement row{database, "SELECT count(*), avg(seconds) FROM attempts WHERE outcome = 'ok'"};
    row.executeStep();
    tasks.count = count_in(row, 0);
    tasks.seconds = seconds_in(row, 1);
    tasks.memory = largest_command(database);
    return tasks;
}

}  // namespace

std::optional<EarlierTasks> tasks_of_run(std::filesystem::path const& run) {
    try {
        DatabaseView view{RunDirectory{run}.database()};
        auto tasks = view.read([](SQLite::Database& database) { return read_tasks(database); });
        tasks.run = run;
        return tasks.count > 0 ? std::optional{std::move(tasks)} : std::nullopt;
    } catch (Error const&) {
        return std::nullopt;
    }
}

std::optional<EarlierTasks> tasks_of_newest(std::string const& job, std::uint64_t seed) {
    try {
        auto const run = RunDirectory::newest(job, seed).path();
        auto const found = identify_run(run);
        return found && found->seed == seed ? tasks_of_run(run) : std::nullopt;
    } catch (InputError const&) {
        return std::nullopt;
    }
}

}  // namespace rankpool::batch
