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

/// Of commands that were long enough for their memory to be seen.
std::int64_t largest_command(SQLite::Database& database) {
    if (read_record(database).job != "exec") return 0;
    Statement row{
        database,
        "SELECT coalesce(max(peak_memory), 0) FROM attempts WHERE outcome = 'ok' AND seconds > 0.1"};
    row.executeStep();
    return count_in(row, 0);
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
