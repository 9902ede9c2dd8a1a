// SPDX-License-Identifier: MIT
#include "rankpool/batch/monitor/status.hpp"

#include "rankpool/batch/columns/json_fields.hpp"
#include "rankpool/batch/files/file_system.hpp"
#include "rankpool/batch/files/store_error.hpp"
#include "rankpool/batch/monitor/status_lines.hpp"
#include "rankpool/batch/store/cells.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/run_lock.hpp"

#include <cmath>
#include <optional>

namespace rankpool::batch {
namespace {

using Json = nlohmann::ordered_json;

/// Bytes of the status file; one with a thousand workers has some hundred thousand.
constexpr std::size_t largest_status = std::size_t{16} << 20U;

/// What the run has told about itself; an empty object where it has not.
Json read_live(RunDirectory const& run) {
    auto const text = read_plain_file(run.status(), largest_status);
    auto json = text ? parse_object(*text) : std::nullopt;
    return json ? *std::move(json) : Json::object();
}

/// As it says itself, or where it has not said anything.
bool lives(Json const& json) {
    auto const state = text_in(json, "state");
    return state.empty() || state == "running" || state == "stopping";
}

Json grouped_failures(SQLite::Database& database) {
    Json list = Json::array();
    SQLite::Statement row{database,
                          "SELECT count(*), error FROM failures WHERE task >= 0 "
                          "GROUP BY error ORDER BY 1 DESC LIMIT 50"};
    while (row.executeStep()) {
        list.push_back({{"count", count_in(row, 0)}, {"error", text_in(row, 1)}});
    }
    return list;
}

Json slowest_tasks(SQLite::Database& database) {
    Json list = Json::array();
    SQLite::Statement row{
        database, "SELECT task, seconds FROM attempts WHERE task >= 0 ORDER BY seconds DESC LIMIT 10"};
    while (row.executeStep()) {
        list.push_back({{"task", count_in(row, 0)}, {"seconds", seconds_in(row, 1)}});
    }
    return list;
}

struct LastSession {
    double started = 0;
    /// None where it has not been stored.
    std::optional<std::string> ending;
};

LastSession last_session(SQLite::Database& database) {
    SQLite::Statement row{database,
                          "SELECT started, ended, ending FROM sessions ORDER BY session DESC LIMIT 1"};
    LastSession session;
    if (!row.executeStep()) return session;
    session.started = row.getColumn(0).getDouble();
    if (!row.getColumn(1).isNull()) session.ending = text_in(row, 2);
    return session;
}

/// A run that nobody is at work at is told from its database, which cannot be out of date.
void add_stored(Json& json, SQLite::Database& database) {
    auto const one = [&](char const* query) { return database.execAndGet(query).getInt64(); };
    auto const last = last_session(database);
    // The last session may have died before it has told anything: the file is the one's before.
    constexpr double same = 1e-3;
    if (std::abs(number_in(json, "started") - last.started) > same) json = Json::object();
    json["job"] = database.execAndGet("SELECT job FROM run").getString();
    json["ok"] = one("SELECT count(*) FROM results WHERE task >= 0");
    json["lost"] = one("SELECT count(*) FROM failures WHERE task >= 0 AND outcome = 'lost'");
    json["failed"] = one("SELECT count(*) FROM failures WHERE task >= 0 AND outcome <> 'lost'");
    json["failures"] = grouped_failures(database);
    json["slowest"] = slowest_tasks(database);
    json["in_flight"] = 0;
    json["workers"] = Json::array();
    // How it ended may not have been written into the file any more.
    if (lives(json)) json["state"] = last.ending.value_or("died");
}

/// A run at work that has not told anything in this session: what earlier ones have stored still holds.
Json begun_again(Json const& before) {
    Json json{{"state", "running"}};
    for (auto const* name : {"job", "ok", "failed", "lost", "failures", "slowest"}) {
        if (auto const told = before.find(name); told != before.end()) json[name] = *told;
    }
    return json;
}

/// Of a run that has been submitted and has not begun; nothing where it is none.
std::optional<Json> submitted(std::filesystem::path const& path) {
    auto name = path.lexically_normal().string();
    while (name.size() > 1 && name.ends_with('/')) name.pop_back();
    auto const script = name + ".sbatch";
    std::error_code problem;
    if (!std::filesystem::exists(script, problem)) return std::nullopt;
    bool const has_begun = std::filesystem::exists(name + ".out", problem);
    return Json{{"state", has_begun ? "begun" : "submitted"}, {"script", script}, {"output", name + ".out"}};
}

Json status_of(std::filesystem::path const& path) {
    RunDirectory const run{path};
    if (!run_exists(run.database())) {
        if (auto const waiting = submitted(path)) return *waiting;
    }
    Json json = read_live(run);
    std::optional<DatabaseView> view;
    try {
        if (!RunLock::is_held(run.path())) view.emplace(run.database());
    } catch (DatabaseBusy const&) {
        // As on network file systems.
    }
    if (!view) return lives(json) && json.contains("state") ? json : begun_again(json);
    view->read([&](SQLite::Database& database) { add_stored(json, database); });
    if (!view->lack().empty()) json["lack"] = view->lack();
    return json;
}

}  // namespace

std::string status_json(std::filesystem::path const& run) {
    return dumped(status_of(run), 2) + "\n";
}

std::string status_text(std::filesystem::path const& run, std::size_t width) {
    return status_lines(status_of(run), width);
}

}  // namespace rankpool::batch
