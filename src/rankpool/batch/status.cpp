// SPDX-License-Identifier: MIT
#include "rankpool/batch/status.hpp"

#include "rankpool/batch/database.hpp"
#include "rankpool/batch/input_error.hpp"
#include "rankpool/batch/quantity.hpp"
#include "rankpool/batch/run_directory.hpp"
#include "rankpool/core/printable.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

namespace rankpool::batch {
namespace {

using Json = nlohmann::ordered_json;

Json read_live(RunDirectory const& run) {
    std::ifstream in{run.status()};
    Json json = Json::parse(in, nullptr, false);
    return json.is_object() ? json : Json::object();
}

Json grouped_failures(SQLite::Database& database) {
    Json list = Json::array();
    SQLite::Statement row{database,
                          "SELECT count(*), error FROM failures WHERE task >= 0 "
                          "GROUP BY error ORDER BY 1 DESC LIMIT 50"};
    while (row.executeStep()) {
        list.push_back({{"count", row.getColumn(0).getInt64()}, {"error", row.getColumn(1).getString()}});
    }
    return list;
}

Json slowest_tasks(SQLite::Database& database) {
    Json list = Json::array();
    SQLite::Statement row{
        database, "SELECT task, seconds FROM attempts WHERE task >= 0 ORDER BY seconds DESC LIMIT 10"};
    while (row.executeStep()) {
        list.push_back({{"task", row.getColumn(0).getInt64()}, {"seconds", row.getColumn(1).getDouble()}});
    }
    return list;
}

/// A run that nobody is at work at is told from its database, which cannot be out of date.
void add_stored(Json& json, SQLite::Database& database) {
    auto const one = [&](char const* query) { return database.execAndGet(query).getInt64(); };
    json["job"] = database.execAndGet("SELECT job FROM run").getString();
    json["ok"] = one("SELECT count(*) FROM results WHERE task >= 0");
    json["lost"] = one("SELECT count(*) FROM failures WHERE task >= 0 AND outcome = 'lost'");
    json["failed"] = one("SELECT count(*) FROM failures WHERE task >= 0 AND outcome <> 'lost'");
    json["failures"] = grouped_failures(database);
    json["slowest"] = slowest_tasks(database);
    json["in_flight"] = 0;
    json["workers"] = Json::array();
    auto const state = json.value("state", "running");
    if (state == "running" || state == "stopping") json["state"] = "died";
}

Json status_of(std::filesystem::path const& path) {
    RunDirectory const run{path};
    if (!std::filesystem::exists(run.database())) {
        throw InputError("cannot tell the status of " + path.string() +
                         " (there is no results.sqlite in it). Name a run directory, such as runs/latest?");
    }
    Json json = read_live(run);
    std::optional<SQLite::Database> database;
    try {
        database.emplace(open_database(run.database(), Access::read));
    } catch (DatabaseBusy const&) {
        if (!json.contains("state")) json["state"] = "running";
        return json;
    }
    add_stored(json, *database);
    return json;
}

double number(Json const& json, char const* name) {
    auto const found = json.find(name);
    return found != json.end() && found->is_number() ? found->get<double>() : 0;
}

std::string pace(Json const& json) {
    std::string text = fmt::format("{} tasks/s, {} each", amount_text(number(json, "rate"), ""),
                                   duration_text(number(json, "mean_seconds")));
    if (json.contains("seconds_left")) {
        text += fmt::format("; {} +- {} left", duration_text(number(json, "seconds_left")),
                            duration_text(number(json, "seconds_left_spread")));
    }
    return text;
}

/// A title and a line for each item of a list, up to `most` of them.
template <class Line>
std::string list_of(Json const& json, char const* name, char const* title, std::size_t most, Line line) {
    auto const found = json.find(name);
    if (found == json.end() || !found->is_array() || found->empty()) return {};
    std::string text = std::string{title} + "\n";
    for (auto const& item : *found) {
        if (most-- == 0) return text + "  and others\n";
        text += "  " + printable(line(item)) + "\n";
    }
    return text;
}

std::string failure_line(Json const& item) {
    return fmt::format("{:>6} x  {}", item.value("count", 0), item.value("error", ""));
}
std::string slow_line(Json const& item) {
    return fmt::format("task {:<8} {}", item.value("task", 0), duration_text(number(item, "seconds")));
}
std::string worker_line(Json const& item, double written) {
    std::string const state = item.value("doing", "");
    std::string const task = fmt::format("task {}", item.value("task", 0));
    std::string const doing = state == "waiting" ? state : state == "sending" ? "result of " + task : task;
    std::string text = fmt::format("rank {:<4} {:<16} pid {:<8} {:<13}", item.value("rank", 0),
                                   item.value("host", ""), item.value("pid", 0), doing);
    if (item.contains("since")) {
        text += fmt::format(" for {:>9}", duration_text(std::max(0.0, written - number(item, "since"))));
    }
    auto const input = item.value("input", "");
    return input.empty() ? text : text + "  " + input;
}

std::string workers(Json const& json) {
    auto const written = number(json, "written");
    std::string text = list_of(json, "workers", "workers", std::string::npos,
                               [&](Json const& item) { return worker_line(item, written); });
    if (text.empty()) return text;
    auto const left_out = json.value("workers_left_out", 0);
    auto const silent = json.value("pool_workers", 0) - static_cast<int>(json["workers"].size()) - left_out;
    if (left_out > 0) text += fmt::format("  and {} more\n", left_out);
    if (silent > 0) text += fmt::format("  and {} not heard of\n", silent);
    return text;
}

/// Since when, and how old that is: it is written once a second.
std::string session_line(Json const& json, bool lives) {
    if (!json.contains("pool_workers") || !json.contains("seconds")) return {};
    std::string text =
        fmt::format("on {}, for {}", counted(json.value("pool_workers", std::size_t{0}), "worker"),
                    duration_text(number(json, "seconds")));
    constexpr double new_enough = 0.2;
    double const age = now_seconds() - number(json, "written");
    if (lives && age > new_enough) text += fmt::format(", as of {} ago", duration_text(age));
    return text + "\n";
}

/// What fits into lines of so many characters.
std::string cut_to(std::string const& text, std::size_t width) {
    std::string result;
    std::size_t column = 0;
    for (char const letter : text) {
        bool const continues = (static_cast<unsigned char>(letter) & 0xc0U) == 0x80U;
        if (!continues) column = letter == '\n' ? 0 : column + 1;
        if (column <= width) result += letter;
    }
    return result;
}

}  // namespace

std::string status_json(std::filesystem::path const& run) {
    return status_of(run).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string status_text(std::filesystem::path const& run, std::size_t width) {
    Json const json = status_of(run);
    std::string const state = json.value("state", "unknown");
    bool const lives = state == "running" || state == "stopping";
    std::string text = fmt::format("{}  {}{}\n", printable(json.value("job", "")), printable(state),
                                   state == "died" ? " (nothing stored is lost; add --resume to go on)" : "");
    text += fmt::format("{:.0f} ok, {:.0f} failed, {:.0f} lost", number(json, "ok"), number(json, "failed"),
                        number(json, "lost"));
    if (json.contains("total") && json["total"].is_number()) {
        double const left =
            number(json, "total") - number(json, "ok") - number(json, "failed") - number(json, "lost");
        text += fmt::format(" of {:.0f}; {:.0f} left", number(json, "total"), left);
    }
    if (lives) text += fmt::format(", {:.0f} handed out", number(json, "in_flight"));
    text += "\n";
    if (lives && number(json, "rate") > 0) text += pace(json) + "\n";
    text += session_line(json, lives);
    text += workers(json);
    text += list_of(json, "failures", "failures by message", 10, failure_line);
    text += list_of(json, "slowest", "slowest tasks", 10, slow_line);
    return cut_to(text, width);
}

}  // namespace rankpool::batch
