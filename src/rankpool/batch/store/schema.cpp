// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/schema.hpp"

#include "rankpool/batch/columns/node.hpp"
#include "rankpool/batch/store/cells.hpp"
#include "rankpool/batch/store/database.hpp"
#include "rankpool/batch/store/table_layout.hpp"
#include "rankpool/core/error.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

namespace rankpool::batch {
namespace {

using Statement = SQLite::Statement;

constexpr auto own_tables = R"(
    CREATE TABLE run (
        job TEXT NOT NULL, job_version INTEGER NOT NULL, options TEXT NOT NULL, seed INTEGER NOT NULL,
        input_columns TEXT NOT NULL, result_columns TEXT NOT NULL, fields TEXT);
    CREATE TABLE sessions (
        session INTEGER PRIMARY KEY, program TEXT NOT NULL, command TEXT NOT NULL, started REAL NOT NULL,
        ended REAL, ranks INTEGER NOT NULL, workers INTEGER NOT NULL, hosts TEXT NOT NULL,
        options TEXT NOT NULL, exit_code INTEGER, ending TEXT, serialising REAL, folder TEXT);
    CREATE TABLE inputs (task INTEGER PRIMARY KEY, key BLOB NOT NULL);
    CREATE TABLE attempts (
        task INTEGER NOT NULL, attempt INTEGER NOT NULL, session INTEGER NOT NULL, rank INTEGER NOT NULL,
        pid INTEGER NOT NULL, host TEXT NOT NULL, started REAL NOT NULL, seconds REAL NOT NULL,
        peak_memory INTEGER NOT NULL, outcome TEXT NOT NULL, error TEXT, out TEXT, err TEXT,
        exit_code INTEGER, signal INTEGER, cause TEXT, user_seconds REAL, system_seconds REAL, slot INTEGER,
        command TEXT, processor INTEGER, cpus INTEGER, odd_numbers TEXT);
)";

/// What makes tables of each version from those of the one before, the first of them from version 1.
constexpr std::array steps{
    "ALTER TABLE sessions ADD COLUMN serialising REAL",
    "",  // version 3: texts that are not UTF-8 in JSON, and more_inputs of wide tables
    // What a task that failed had written; and the sizes of what commands wrote, see add_output_sizes.
    "ALTER TABLE attempts ADD COLUMN out TEXT; ALTER TABLE attempts ADD COLUMN err TEXT",
    // How commands ended.
    "ALTER TABLE attempts ADD COLUMN exit_code INTEGER; ALTER TABLE attempts ADD COLUMN signal INTEGER;"
    "ALTER TABLE attempts ADD COLUMN cause TEXT; ALTER TABLE attempts ADD COLUMN user_seconds REAL;"
    "ALTER TABLE attempts ADD COLUMN system_seconds REAL; ALTER TABLE attempts ADD COLUMN slot INTEGER;"
    "ALTER TABLE attempts ADD COLUMN command TEXT",
    "ALTER TABLE sessions ADD COLUMN folder TEXT",
    "ALTER TABLE attempts ADD COLUMN processor INTEGER",
    // What a row was, for a command that is run again.
    "ALTER TABLE run ADD COLUMN fields TEXT; ALTER TABLE attempts ADD COLUMN cpus INTEGER;"
    "ALTER TABLE attempts ADD COLUMN odd_numbers TEXT",
};
constexpr int with_output = 4;
constexpr int with_ends = 5;
constexpr int with_folders = 6;
constexpr int with_processors = 7;
constexpr int with_fields = 8;

struct Index {
    std::string_view name;
    std::string_view sql;
};
/// For inputs that a resumed run has not got any more.
constexpr std::array indexes{
    Index{"displaced", "CREATE INDEX displaced ON inputs (key) WHERE task < 0"},
    Index{"displaced_attempts", "CREATE INDEX displaced_attempts ON attempts (task) WHERE task < 0"},
};

/// The tables whose columns are the same in every run, with those of the first version.
struct OwnTable {
    std::string_view name;
    std::string_view columns;
};
constexpr std::array tables_of_all{
    OwnTable{"run", "job,job_version,options,seed,input_columns,result_columns"},
    OwnTable{"sessions",
             "session,program,command,started,ended,ranks,workers,hosts,options,exit_code,ending"},
    OwnTable{"inputs", "task,key"},
    OwnTable{"attempts", "task,attempt,session,rank,pid,host,started,seconds,peak_memory,outcome,error"},
};

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
        case ColumnType::any:
            return "ANY";
        case ColumnType::text:
            break;
    }
    return "TEXT";
}

ColumnType type_of(std::string const& name) {
    for (auto const type : {ColumnType::integer, ColumnType::real, ColumnType::blob, ColumnType::any}) {
        if (name == sql_type(type)) return type;
    }
    return ColumnType::text;
}

std::string definitions(std::vector<Column> const& columns) {
    std::string text;
    for (auto const& column : columns) {
        text += ", " + quoted(sql_name(column));
        // Without a type, or SQLite would change texts that look like numbers.
        if (column.type != ColumnType::any) text += std::string{" "} + sql_type(column.type);
    }
    return text;
}

Node value_node(std::string text) {
    Node node;
    node.value = std::move(text);
    return node;
}

std::string text_of_columns(std::vector<Column> const& columns) {
    Node list;
    list.kind = Node::Kind::list;
    for (auto const& column : columns) {
        Node& item = list.children.emplace_back();
        item.kind = Node::Kind::list;
        item.children = {value_node(column.name), value_node(sql_type(column.type))};
    }
    return to_json(list);
}

std::vector<Column> columns_from(std::string const& text) {
    std::vector<Column> columns;
    for (auto const& item : from_json(text).children) {
        bool const is_pair = item.kind == Node::Kind::list && item.children.size() == 2;
        auto const name = is_pair ? text_in(item.children[0]) : std::nullopt;
        auto const type = is_pair ? text_in(item.children[1]) : std::nullopt;
        if (!name || !type || name->find('\0') != std::string::npos) {
            throw SerializationError("its list of columns is none");
        }
        columns.push_back({*name, type_of(*type)});
    }
    return columns;
}

constexpr auto value_mark = "value";

std::string text_of_fields(std::vector<FieldName> const& fields) {
    Node list;
    list.kind = Node::Kind::list;
    for (auto const& field : fields) {
        Node& item = list.children.emplace_back();
        item.kind = Node::Kind::list;
        item.children = {value_node(field.name), value_node(field.is_value ? value_mark : "")};
    }
    return to_json(list);
}

std::vector<FieldName> fields_from(std::string const& text) {
    std::vector<FieldName> fields;
    for (auto const& item : from_json(text).children) {
        bool const is_pair = item.kind == Node::Kind::list && item.children.size() == 2;
        auto const name = is_pair ? text_in(item.children[0]) : std::nullopt;
        if (!name) throw SerializationError("its list of fields is none");
        fields.push_back({*name, text_in(item.children[1]) == value_mark});
    }
    return fields;
}

/// Apart by a byte that no name has.
constexpr char between = '\0';

/// Names of the columns that the table has; it is told where one computes something.
std::string columns_in(SQLite::Database& database, std::string const& table) {
    Statement row{database, "SELECT name, hidden FROM pragma_table_xinfo(?) ORDER BY cid"};
    row.bind(1, table);
    std::string text;
    while (row.executeStep()) {
        if (!text.empty()) text += between;
        text += row.getColumn(0).getString();
        if (row.getColumn(1).getInt() != 0) text += " (computed)";
    }
    return text;
}

std::string with(std::string text, std::vector<Column> const& columns) {
    for (auto const& column : columns) text += between + sql_name(column);
    return text;
}

std::string separated(std::string_view names) {
    std::string text{names};
    std::ranges::replace(text, ',', between);
    return text;
}

std::string problem_of(SQLite::Database& database, std::string const& table, std::string const& wanted) {
    std::string const there = columns_in(database, table);
    if (there == wanted) return {};
    return (there.empty() ? "it has no table "
                          : "there are other columns than there should be in its table ") +
           table;
}

/// Before version 4, exec did not say how much its commands had written.
void add_output_sizes(SQLite::Database& database) {
    RunRecord record = read_record(database);
    constexpr std::size_t columns_before = 4;
    if (record.job != "exec" || record.result_columns.size() != columns_before) return;
    record.result_columns.push_back({"out_bytes", ColumnType::integer});
    record.result_columns.push_back({"err_bytes", ColumnType::integer});
    tell_columns_apart(record);
    for (std::size_t i = 0; i < 2; ++i) {
        std::string const fresh = quoted(sql_name(record.result_columns[columns_before + i]));
        std::string const text = quoted(sql_name(record.result_columns[i]));
        database.exec("ALTER TABLE results ADD COLUMN " + fresh + " INTEGER");
        database.exec("UPDATE results SET " + fresh + " = length(CAST(" + text + " AS BLOB))");
    }
    Statement row{database, "UPDATE run SET result_columns = ?"};
    row.bind(1, text_of_columns(record.result_columns));
    row.exec();
}

}  // namespace

void make_schema(SQLite::Database& database, RunRecord const& record) {
    SQLite::Transaction transaction{database};
    database.exec("PRAGMA application_id=" + std::to_string(application_id));
    database.exec("PRAGMA user_version=" + std::to_string(schema_version));
    database.exec(own_tables);
    TableLayout const layout{record};
    auto const inputs = definitions(layout.inputs());
    database.exec("CREATE TABLE results (task INTEGER PRIMARY KEY" + inputs + definitions(layout.results()) +
                  ")");
    database.exec(
        "CREATE TABLE failures (task INTEGER PRIMARY KEY, outcome TEXT NOT NULL, error TEXT, "
        "attempts INTEGER NOT NULL" +
        inputs + ")");
    Statement row{database, "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?)"};
    row.bind(1, record.job);
    row.bind(2, record.job_version);
    row.bind(3, to_json(record.options));
    row.bind(4, static_cast<std::int64_t>(record.seed));
    row.bind(5, text_of_columns(record.input_columns));
    row.bind(6, text_of_columns(record.result_columns));
    if (!record.fields.empty()) row.bind(7, text_of_fields(record.fields));
    row.exec();
    transaction.commit();
}

void add_column(SQLite::Database& database, RunRecord const& record) {
    database.exec("ALTER TABLE results ADD COLUMN" + definitions({record.result_columns.back()}).substr(1));
    Statement row{database, "UPDATE run SET result_columns = ?"};
    row.bind(1, text_of_columns(record.result_columns));
    row.exec();
}

int const schema_version = 1 + static_cast<int>(steps.size());

bool needs_upgrade(SQLite::Database& database) {
    return version_of(database) < schema_version;
}

void upgrade_schema(SQLite::Database& database) {
    int const version = std::max(1, version_of(database));
    if (version >= schema_version) return;
    SQLite::Transaction transaction{database};
    for (auto step = static_cast<std::size_t>(version) - 1; step < steps.size(); ++step) {
        database.exec(steps.at(step));
    }
    if (version < with_output) add_output_sizes(database);
    database.exec("PRAGMA user_version=" + std::to_string(schema_version));
    transaction.commit();
}

bool is_own(std::string const& type, std::string const& name, std::string const& sql) {
    constexpr std::array statistics{"sqlite_stat1", "sqlite_stat4"};
    auto const is_called = [&](auto const& thing) { return name == thing.name; };
    if (type == "index") {
        auto const index = std::ranges::find_if(indexes, is_called);
        return name.starts_with("sqlite_autoindex_") || (index != indexes.end() && sql == index->sql);
    }
    return type == "table" && (std::ranges::any_of(tables_of_all, is_called) || name == "results" ||
                               name == "failures" || std::ranges::find(statistics, name) != statistics.end());
}

std::string problem_of_tables(SQLite::Database& database) {
    for (auto const& table : tables_of_all) {
        auto wanted = separated(table.columns);
        if (table.name == "sessions" && version_of(database) >= 2)
            wanted += between + std::string{"serialising"};
        if (table.name == "sessions" && version_of(database) >= with_folders) wanted += separated(",folder");
        if (table.name == "attempts" && version_of(database) >= with_output) wanted += separated(",out,err");
        if (table.name == "attempts" && version_of(database) >= with_ends) {
            wanted += separated(",exit_code,signal,cause,user_seconds,system_seconds,slot,command");
        }
        if (table.name == "attempts" && version_of(database) >= with_processors)
            wanted += separated(",processor");
        if (table.name == "attempts" && version_of(database) >= with_fields)
            wanted += separated(",cpus,odd_numbers");
        if (table.name == "run" && version_of(database) >= with_fields) wanted += separated(",fields");
        auto problem = problem_of(database, std::string{table.name}, wanted);
        if (!problem.empty()) return problem;
    }
    try {
        TableLayout const layout{read_record(database)};
        auto problem = problem_of(database, "results", with(with("task", layout.inputs()), layout.results()));
        if (!problem.empty()) return problem;
        return problem_of(database, "failures",
                          with(separated("task,outcome,error,attempts"), layout.inputs()));
    } catch (Error const& error) {
        return error.what();
    }
}

void index_displaced(SQLite::Database& database) {
    for (auto const& index : indexes) {
        std::string sql{index.sql};
        database.exec(sql.insert(std::string_view{"CREATE INDEX "}.size(), "IF NOT EXISTS "));
    }
}

bool keeps_failed_output(SQLite::Database& database, RunRecord const& record) {
    return record.job == "exec" && version_of(database) >= with_output;
}

bool keeps_command_ends(SQLite::Database& database) {
    return version_of(database) >= with_ends;
}

bool keeps_processors(SQLite::Database& database) {
    return version_of(database) >= with_processors;
}

bool keeps_fields(SQLite::Database& database) {
    return version_of(database) >= with_fields;
}

RunRecord read_record(SQLite::Database& database) {
    Statement row{database,
                  std::string{"SELECT job, job_version, options, seed, input_columns, result_columns, "} +
                      (keeps_fields(database) ? "fields" : "NULL") + " FROM run LIMIT 1"};
    if (!row.executeStep()) throw SerializationError("its table run is empty");
    constexpr auto any = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    RunRecord record;
    record.job = text_in(row, 0);
    record.job_version = small_number(row, 1);
    record.options = options_from_json(text_in(row, 2));
    record.seed = static_cast<std::uint64_t>(whole_number(row, 3, any, most));
    record.input_columns = columns_from(text_in(row, 4));
    record.result_columns = columns_from(text_in(row, 5));
    if (!row.getColumn(6).isNull()) record.fields = fields_from(text_in(row, 6));
    bool const fits = record.fields.empty() || record.fields.size() == record.input_columns.size();
    if (!fits) throw SerializationError("its list of fields is that of other columns");
    return record;
}

std::int64_t insert_session(SQLite::Database& database, Session const& session) {
    Statement row{database,
                  "INSERT INTO sessions (program, command, started, ranks, workers, hosts, options, folder) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
    row.bind(1, session.program);
    row.bind(2, session.command);
    row.bind(3, session.started);
    row.bind(4, session.ranks);
    row.bind(5, session.workers);
    row.bind(6, session.hosts);
    row.bind(7, to_json(session.options));
    row.bind(8, session.folder);
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
    // Who reads just now keeps it as it is, which is as good but for those who may only read.
    ::sqlite3_busy_timeout(database.getHandle(), 200);
    Statement mode{database, "PRAGMA journal_mode=DELETE"};
    int const result = mode.tryExecuteStep();
    if (result == SQLITE_BUSY || result == SQLITE_LOCKED) {
        mode.tryReset();
        Statement{database, "PRAGMA wal_checkpoint(PASSIVE)"}.tryExecuteStep();
    } else if (result != SQLITE_ROW) {
        throw SQLite::Exception(database.getHandle(), result);
    }
}

std::vector<Session> read_sessions(SQLite::Database& database) {
    std::vector<Session> sessions;
    Statement row{database,
                  "SELECT program, command, started, ended, ranks, workers, hosts, options, exit_code, "
                  "ending, " +
                      std::string{version_of(database) < 2 ? "0" : "serialising"} + ", " +
                      (version_of(database) < with_folders ? "''" : "folder") +
                      " FROM sessions ORDER BY session"};
    while (row.executeStep()) {
        sessions.push_back({.program = text_in(row, 0),
                            .command = text_in(row, 1),
                            .started = moment_in(row, 2),
                            .ended = moment_in(row, 3),
                            .ranks = small_number(row, 4),
                            .workers = small_number(row, 5),
                            .hosts = text_in(row, 6),
                            .folder = text_in(row, 11),
                            .options = options_from_json(text_in(row, 7)),
                            .serialising = seconds_in(row, 10),
                            .exit_code = row.getColumn(8).getInt(),
                            .end = text_in(row, 9)});
    }
    return sessions;
}

}  // namespace rankpool::batch
