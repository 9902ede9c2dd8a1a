// SPDX-License-Identifier: MIT
#include "rankpool/batch/report/run_facts.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/store/cells.hpp"
#include "rankpool/batch/store/database.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/schema.hpp"
#include "rankpool/batch/store/table_layout.hpp"
#include "rankpool/core/error.hpp"

#include <algorithm>
#include <cmath>

namespace rankpool::batch {
namespace {

using Statement = SQLite::Statement;

constexpr int tasks_named = 20;
constexpr std::size_t longest_input_shown = 200;
/// More would not be seen in so few letters.
constexpr std::size_t columns_named = 100;
/// What counts as no time.
constexpr double least_seconds = 1e-6;

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
    facts.shortest = seconds_in(range, 0);
    facts.longest = seconds_in(range, 1);
    facts.mean = seconds_in(range, 2);
    facts.attempts = count_in(range, 3);
    if (facts.attempts == 0) return;
    auto const place = [](double seconds) {
        return static_cast<int>(
            std::floor(std::log10(std::max(seconds, least_seconds)) * durations_per_decade));
    };
    int const low = place(facts.shortest);
    for (int bin = low; bin <= place(facts.longest); ++bin) {
        facts.durations.emplace_back(std::pow(10.0, static_cast<double>(bin) / durations_per_decade), 0);
    }
    Statement row{database, "SELECT seconds FROM attempts"};
    while (row.executeStep()) {
        int const bin = place(seconds_in(row, 0)) - low;
        if (bin < 0 || bin >= static_cast<int>(facts.durations.size())) {
            throw SerializationError("its attempts have no seconds");
        }
        ++facts.durations[static_cast<std::size_t>(bin)].second;
    }
}

std::string input_of(Statement& row, int first, std::size_t columns) {
    std::string text;
    for (int i = first; i < first + static_cast<int>(columns); ++i) {
        if (!text.empty()) text += ", ";
        text += std::string{row.getColumnName(i)} + "=";
        text += row.getColumn(i).isBlob() ? "(bytes)" : row.getColumn(i).getString();
        if (text.size() > longest_input_shown) break;
    }
    return shortened(std::move(text), longest_input_shown);
}

/// Tasks with their last attempts; `table` has the columns of the inputs.
std::vector<TaskFacts> read_tasks(SQLite::Database& database, RunFacts const& facts, std::string const& table,
                                  std::string const& order) {
    auto inputs = TableLayout{facts.record}.inputs();
    if (inputs.size() > columns_named) inputs.resize(columns_named);
    std::string columns;
    for (auto const& column : inputs) columns += ", t." + quoted(sql_name(column));
    Statement row{database,
                  "SELECT a.task, a.outcome, a.error, a.host, a.rank, a.attempt, a.seconds, a.peak_memory" +
                      columns + " FROM attempts a JOIN " + table +
                      " t ON t.task = a.task WHERE a.task >= 0 " + order + " LIMIT " +
                      std::to_string(tasks_named)};
    std::vector<TaskFacts> tasks;
    while (row.executeStep()) {
        tasks.push_back({.task = count_in(row, 0),
                         .input = input_of(row, 8, inputs.size()),
                         .outcome = text_in(row, 1),
                         .error = text_in(row, 2),
                         .host = text_in(row, 3),
                         .rank = small_number(row, 4),
                         .attempts = count_in(row, 5),
                         .seconds = seconds_in(row, 6),
                         .peak_memory = count_in(row, 7)});
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
    facts.failures = read_tasks(database, facts, "failures",
                                "AND a.rowid IN (SELECT max(rowid) FROM attempts WHERE task IN "
                                "(SELECT task FROM failures) GROUP BY task) ORDER BY a.task");
    Statement row{
        database,
        "SELECT count(*), error FROM failures WHERE task >= 0 GROUP BY error ORDER BY 1 DESC LIMIT 20"};
    facts.different_messages = one(database, "SELECT count(DISTINCT error) FROM failures WHERE task >= 0");
    while (row.executeStep()) {
        facts.messages.emplace_back(count_in(row, 0), text_in(row, 1));
    }
    return facts;
}

}  // namespace

RunFacts read_facts(std::filesystem::path const& file) {
    DatabaseView view{file};
    auto facts = view.read(read_all);
    facts.lack = view.lack();
    return facts;
}

}  // namespace rankpool::batch
