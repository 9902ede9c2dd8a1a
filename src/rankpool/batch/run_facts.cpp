// SPDX-License-Identifier: MIT
#include "rankpool/batch/run_facts.hpp"

#include "rankpool/batch/database.hpp"
#include "rankpool/batch/input_text.hpp"
#include "rankpool/batch/schema.hpp"

#include <algorithm>
#include <cmath>

namespace rankpool::batch {
namespace {

using Statement = SQLite::Statement;

constexpr int tasks_named = 20;
/// What counts as no time.
constexpr double least = 1e-6;

std::int64_t one(SQLite::Database& database, std::string const& query) {
    return database.execAndGet(query).getInt64();
}

void read_sessions_of(SQLite::Database& database, RunFacts& facts) {
    std::int64_t number = 0;
    for (auto& session : read_sessions(database)) {
        facts.sessions.push_back(read_session_facts(database, std::move(session), ++number));
    }
}

void read_durations(SQLite::Database& database, RunFacts& facts) {
    Statement range{database, "SELECT min(seconds), max(seconds), avg(seconds), count(*) FROM attempts"};
    range.executeStep();
    facts.shortest = range.getColumn(0).getDouble();
    facts.longest = range.getColumn(1).getDouble();
    facts.mean = range.getColumn(2).getDouble();
    facts.attempts = range.getColumn(3).getInt64();
    if (facts.attempts == 0) return;
    auto const place = [](double seconds) {
        return static_cast<int>(std::floor(std::log10(std::max(seconds, least)) * durations_per_decade));
    };
    int const low = place(facts.shortest);
    for (int bin = low; bin <= place(facts.longest); ++bin) {
        facts.durations.emplace_back(std::pow(10.0, static_cast<double>(bin) / durations_per_decade), 0);
    }
    Statement row{database, "SELECT seconds FROM attempts"};
    while (row.executeStep()) {
        ++facts.durations.at(static_cast<std::size_t>(place(row.getColumn(0).getDouble()) - low)).second;
    }
}

std::string input_of(Statement& row, int first, std::size_t columns) {
    std::string text;
    for (int i = first; i < first + static_cast<int>(columns); ++i) {
        if (!text.empty()) text += ", ";
        text += std::string{row.getColumnName(i)} + "=";
        text += row.getColumn(i).isBlob() ? "(bytes)" : row.getColumn(i).getString();
    }
    return shortened(std::move(text), 200);
}

/// Tasks with their last attempts; `table` has the columns of the inputs.
std::vector<TaskFacts> read_tasks(SQLite::Database& database, RunFacts const& facts, std::string const& table,
                                  std::string const& order) {
    std::string columns;
    for (auto const& column : facts.record.input_columns) columns += ", t." + quoted(column.name);
    Statement row{database,
                  "SELECT a.task, a.outcome, a.error, a.host, a.rank, a.attempt, a.seconds, a.peak_memory" +
                      columns + " FROM attempts a JOIN " + table +
                      " t ON t.task = a.task WHERE a.task >= 0 " + order + " LIMIT " +
                      std::to_string(tasks_named)};
    std::vector<TaskFacts> tasks;
    while (row.executeStep()) {
        tasks.push_back({.task = row.getColumn(0).getInt64(),
                         .input = input_of(row, 8, facts.record.input_columns.size()),
                         .outcome = row.getColumn(1).getString(),
                         .error = row.getColumn(2).getString(),
                         .host = row.getColumn(3).getString(),
                         .rank = row.getColumn(4).getInt(),
                         .attempts = row.getColumn(5).getInt64(),
                         .seconds = row.getColumn(6).getDouble(),
                         .peak_memory = row.getColumn(7).getInt64()});
    }
    return tasks;
}

RunFacts read_all(SQLite::Database& database) {
    RunFacts facts;
    facts.record = read_record(database);
    facts.ok = one(database, "SELECT count(*) FROM results WHERE task >= 0");
    facts.lost = one(database, "SELECT count(*) FROM failures WHERE task >= 0 AND outcome = 'lost'");
    facts.failed = one(database, "SELECT count(*) FROM failures WHERE task >= 0 AND outcome <> 'lost'");
    facts.inputs = one(database, "SELECT count(*) FROM inputs WHERE task >= 0");
    read_durations(database, facts);
    read_sessions_of(database, facts);
    facts.slowest = read_tasks(database, facts, "results", "AND a.outcome = 'ok' ORDER BY a.seconds DESC");
    facts.failures = read_tasks(database, facts, "failures", "AND a.attempt = t.attempts ORDER BY a.task");
    Statement row{
        database,
        "SELECT count(*), error FROM failures WHERE task >= 0 GROUP BY error ORDER BY 1 DESC LIMIT 20"};
    facts.different_messages = one(database, "SELECT count(DISTINCT error) FROM failures WHERE task >= 0");
    while (row.executeStep()) {
        facts.messages.emplace_back(row.getColumn(0).getInt64(), row.getColumn(1).getString());
    }
    return facts;
}

}  // namespace

RunFacts read_facts(std::filesystem::path const& file) {
    std::error_code problem;
    if (!std::filesystem::exists(file, problem)) {
        throw InputError("cannot report on " + file.parent_path().string() + " (" +
                         (problem ? problem.message() : "there is no results.sqlite in it") +
                         "). Name a run directory, such as runs/latest?");
    }
    auto database = open_database(file, Access::read);
    try {
        return read_all(database);
    } catch (SQLite::Exception const& error) {
        throw InputError("cannot read " + file.string() + " (" + error.what() + "). Is it damaged?");
    }
}

}  // namespace rankpool::batch
