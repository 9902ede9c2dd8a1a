// SPDX-License-Identifier: MIT
#include "rankpool/batch/schema.hpp"

#include "rankpool/batch/database.hpp"

#include <nlohmann/json.hpp>

namespace rankpool::batch {
namespace {

using Statement = SQLite::Statement;

constexpr auto own_tables = R"(
    CREATE TABLE run (
        job TEXT NOT NULL, job_version INTEGER NOT NULL, options TEXT NOT NULL, seed INTEGER NOT NULL,
        input_columns TEXT NOT NULL, result_columns TEXT NOT NULL);
    CREATE TABLE sessions (
        session INTEGER PRIMARY KEY, program TEXT NOT NULL, command TEXT NOT NULL, started REAL NOT NULL,
        ended REAL, ranks INTEGER NOT NULL, workers INTEGER NOT NULL, hosts TEXT NOT NULL,
        options TEXT NOT NULL, exit_code INTEGER, ending TEXT, serialising REAL);
    CREATE TABLE inputs (task INTEGER PRIMARY KEY, key BLOB NOT NULL);
    CREATE TABLE attempts (
        task INTEGER NOT NULL, attempt INTEGER NOT NULL, session INTEGER NOT NULL, rank INTEGER NOT NULL,
        pid INTEGER NOT NULL, host TEXT NOT NULL, started REAL NOT NULL, seconds REAL NOT NULL,
        peak_memory INTEGER NOT NULL, outcome TEXT NOT NULL, error TEXT);
)";

int version_of(SQLite::Database& database) {
    return database.execAndGet("PRAGMA user_version").getInt();
}

char const* sql_type(ColumnType type) {
    switch (type) {
        case ColumnType::integer:
            return "INTEGER";
        case ColumnType::real:
            return "REAL";
        case ColumnType::blob:
            return "BLOB";
        case ColumnType::text:
            break;
    }
    return "TEXT";
}

ColumnType type_of(std::string const& name) {
    for (auto const type : {ColumnType::integer, ColumnType::real, ColumnType::blob}) {
        if (name == sql_type(type)) return type;
    }
    return ColumnType::text;
}

std::string definitions(std::vector<Column> const& columns) {
    std::string text;
    for (auto const& column : columns) text += ", " + quoted(column.name) + " " + sql_type(column.type);
    return text;
}

std::string to_json(std::vector<Column> const& columns) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (auto const& column : columns) json.push_back({column.name, sql_type(column.type)});
    return json.dump();
}

std::vector<Column> columns_from(std::string const& text) {
    std::vector<Column> columns;
    auto const json = nlohmann::ordered_json::parse(text);
    for (auto const& item : json) {
        columns.push_back({item.at(0).get<std::string>(), type_of(item.at(1).get<std::string>())});
    }
    return columns;
}

}  // namespace

void make_schema(SQLite::Database& database, RunRecord const& record) {
    SQLite::Transaction transaction{database};
    database.exec("PRAGMA application_id=" + std::to_string(application_id));
    database.exec("PRAGMA user_version=" + std::to_string(schema_version));
    database.exec(own_tables);
    auto const inputs = definitions(record.input_columns);
    database.exec("CREATE TABLE results (task INTEGER PRIMARY KEY" + inputs +
                  definitions(record.result_columns) + ")");
    database.exec(
        "CREATE TABLE failures (task INTEGER PRIMARY KEY, outcome TEXT NOT NULL, error TEXT, "
        "attempts INTEGER NOT NULL" +
        inputs + ")");
    Statement row{database, "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)"};
    row.bind(1, record.job);
    row.bind(2, record.job_version);
    row.bind(3, to_json(record.options));
    row.bind(4, static_cast<std::int64_t>(record.seed));
    row.bind(5, to_json(record.input_columns));
    row.bind(6, to_json(record.result_columns));
    row.exec();
    transaction.commit();
}

void upgrade_schema(SQLite::Database& database) {
    if (version_of(database) >= schema_version) return;
    SQLite::Transaction transaction{database};
    database.exec("ALTER TABLE sessions ADD COLUMN serialising REAL");
    database.exec("PRAGMA user_version=" + std::to_string(schema_version));
    transaction.commit();
}

RunRecord read_record(SQLite::Database& database) {
    Statement row{database, "SELECT * FROM run"};
    row.executeStep();
    RunRecord record;
    record.job = row.getColumn(0).getString();
    record.job_version = row.getColumn(1).getInt();
    record.options = options_from_json(row.getColumn(2).getString());
    record.seed = static_cast<std::uint64_t>(row.getColumn(3).getInt64());
    record.input_columns = columns_from(row.getColumn(4).getString());
    record.result_columns = columns_from(row.getColumn(5).getString());
    return record;
}

std::int64_t insert_session(SQLite::Database& database, Session const& session) {
    Statement row{database,
                  "INSERT INTO sessions (program, command, started, ranks, workers, hosts, options) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?)"};
    row.bind(1, session.program);
    row.bind(2, session.command);
    row.bind(3, session.started);
    row.bind(4, session.ranks);
    row.bind(5, session.workers);
    row.bind(6, session.hosts);
    row.bind(7, to_json(session.options));
    row.exec();
    return database.getLastInsertRowid();
}

void update_session(SQLite::Database& database, std::int64_t number, Session const& session) {
    Statement row{database, "UPDATE sessions SET serialising = ? WHERE session = ?"};
    row.bind(1, session.serialising);
    row.bind(2, number);
    row.exec();
}

void finish_session(SQLite::Database& database, std::int64_t number, Session const& session) {
    {
        Statement row{database,
                      "UPDATE sessions SET ended = ?, exit_code = ?, ending = ?, serialising = ? "
                      "WHERE session = ?"};
        row.bind(1, session.ended);
        row.bind(2, session.exit_code);
        row.bind(3, session.end);
        row.bind(4, session.serialising);
        row.bind(5, number);
        row.exec();
    }
    database.execAndGet("PRAGMA journal_mode=DELETE");
}

std::vector<Session> read_sessions(SQLite::Database& database) {
    std::vector<Session> sessions;
    Statement row{database,
                  "SELECT program, command, started, ended, ranks, workers, hosts, options, exit_code, "
                  "ending, " +
                      std::string{version_of(database) < 2 ? "0" : "serialising"} +
                      " FROM sessions ORDER BY session"};
    while (row.executeStep()) {
        sessions.push_back({.program = row.getColumn(0).getString(),
                            .command = row.getColumn(1).getString(),
                            .started = row.getColumn(2).getDouble(),
                            .ended = row.getColumn(3).getDouble(),
                            .ranks = row.getColumn(4).getInt(),
                            .workers = row.getColumn(5).getInt(),
                            .hosts = row.getColumn(6).getString(),
                            .options = options_from_json(row.getColumn(7).getString()),
                            .serialising = row.getColumn(10).getDouble(),
                            .exit_code = row.getColumn(8).getInt(),
                            .end = row.getColumn(9).getString()});
    }
    return sessions;
}

}  // namespace rankpool::batch
