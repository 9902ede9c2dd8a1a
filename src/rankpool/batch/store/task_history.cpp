// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/task_history.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/store/cells.hpp"
#include "rankpool/batch/store/database.hpp"
#include "rankpool/batch/store/schema.hpp"
#include "rankpool/batch/store/table_layout.hpp"

#include <fmt/format.h>

#include <limits>

namespace rankpool::batch {
namespace {

using Statement = SQLite::Statement;

constexpr auto many = std::numeric_limits<std::int64_t>::max();

void check_task(SQLite::Database& database, std::int64_t task) {
    Statement known{database, "SELECT count(*), (SELECT max(task) FROM inputs) FROM inputs WHERE task = ?"};
    known.bind(1, task);
    known.executeStep();
    if (known.getColumn(0).getInt64() > 0) return;
    throw InputError(known.getColumn(1).isNull()
                         ? fmt::format("cannot look at task {} (the run has none yet)", task)
                         : fmt::format("cannot look at task {} (the run has those from 0 to {} so far; the "
                                       "first is 0)",
                                       task, known.getColumn(1).getInt64()));
}

/// The columns of the input from a table, if the task stands in it.
bool read_input(SQLite::Database& database, std::string const& table, std::int64_t task,
                TaskHistory& history) {
    TableLayout const layout{history.record};
    std::string columns = "task";
    for (auto const& column : layout.inputs()) columns += ", " + quoted(sql_name(column));
    Statement row{database, "SELECT " + columns + " FROM " + table + " WHERE task = ?"};
    row.bind(1, task);
    if (!row.executeStep()) return false;
    history.input.clear();
    for (int i = 1; i < row.getColumnCount(); ++i) history.input.push_back(value_in(row.getColumn(i)));
    if (layout.is_packed()) layout.unpack(history.input);
    return true;
}

std::optional<CommandEnd> command_in(Statement& row, int first) {
    if (row.getColumn(first + 5).isNull()) return std::nullopt;
    CommandEnd end;
    if (!row.getColumn(first).isNull()) end.exit_code = small_number(row, first);
    if (!row.getColumn(first + 1).isNull()) end.signal = small_number(row, first + 1);
    end.cause = text_in(row, first + 2);
    end.user_seconds = seconds_in(row, first + 3);
    end.system_seconds = seconds_in(row, first + 4);
    end.slot = static_cast<unsigned>(whole_number(row, first + 5, 0, std::numeric_limits<int>::max()));
    end.command = text_in(row, first + 6);
    if (!row.getColumn(first + 7).isNull()) end.cpus = static_cast<unsigned>(small_number(row, first + 7));
    if (!row.getColumn(first + 8).isNull()) end.odd_numbers = text_in(row, first + 8);
    return end;
}

void read_tries(SQLite::Database& database, std::int64_t task, TaskHistory& history) {
    constexpr int first_of_command = 10;
    bool const has_ends = keeps_command_ends(database);
    Statement row{
        database,
        std::string{"SELECT session, attempt, rank, pid, host, started, seconds, outcome, error, "} +
            (keeps_processors(database) ? "processor" : "NULL") +
            (has_ends ? ", exit_code, signal, cause, user_seconds, system_seconds, slot, command" : "") +
            (!has_ends                ? ""
             : keeps_fields(database) ? ", cpus, odd_numbers"
                                      : ", NULL, NULL") +
            " FROM attempts WHERE task = ? ORDER BY rowid"};
    row.bind(1, task);
    while (row.executeStep()) {
        TaskHistory::Try found;
        found.session = static_cast<std::size_t>(whole_number(row, 0, 1, many)) - 1;
        Attempt& attempt = found.attempt;
        attempt.task = task;
        attempt.number = static_cast<unsigned>(whole_number(row, 1, 1, std::numeric_limits<int>::max()));
        attempt.rank = small_number(row, 2);
        attempt.pid = small_number(row, 3);
        attempt.host = text_in(row, 4);
        attempt.started = moment_in(row, 5);
        attempt.seconds = seconds_in(row, 6);
        attempt.outcome = outcome_of(text_in(row, 7));
        attempt.error = text_in(row, 8);
        if (!row.getColumn(9).isNull()) attempt.processor = small_number(row, 9);
        if (has_ends) attempt.command = command_in(row, first_of_command);
        history.tries.push_back(std::move(found));
    }
}

}  // namespace

TaskHistory read_task_history(SQLite::Database& database, std::int64_t task) {
    check_task(database, task);
    TaskHistory history;
    history.record = read_record(database);
    history.sessions = read_sessions(database);
    history.has_result = read_input(database, "results", task, history);
    history.has_failed = !history.has_result && read_input(database, "failures", task, history);
    read_tries(database, task, history);
    return history;
}

}  // namespace rankpool::batch
