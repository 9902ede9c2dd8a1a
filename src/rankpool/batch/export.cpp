// SPDX-License-Identifier: MIT
#include "rankpool/batch/export.hpp"

#include "rankpool/batch/csv.hpp"
#include "rankpool/batch/database.hpp"
#include "rankpool/batch/export_output.hpp"
#include "rankpool/batch/input_error.hpp"
#include "rankpool/batch/run_directory.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace rankpool::batch {
namespace {

using Json = nlohmann::ordered_json;

std::string hex(SQLite::Column const& column) {
    std::string text;
    auto const* const bytes = static_cast<unsigned char const*>(column.getBlob());
    for (int i = 0; i < column.getBytes(); ++i) text += fmt::format("{:02x}", bytes[i]);
    return text;
}

/// A spreadsheet takes texts that begin so for formulas; with an apostrophe before them it shows them.
std::string without_formula(std::string text) {
    constexpr std::string_view begins = "=+-@\t\r";
    bool const is_formula = !text.empty() && begins.find(text[0]) != std::string_view::npos;
    return is_formula ? "'" + text : text;
}

std::string csv_row(SQLite::Statement& row, bool safe) {
    std::vector<std::string> fields;
    for (int i = 0; i < row.getColumnCount(); ++i) {
        auto const column = row.getColumn(i);
        if (column.isFloat()) {
            fields.push_back(fmt::format("{}", column.getDouble()));
        } else {
            auto text = column.isBlob() ? hex(column) : column.getString();
            fields.push_back(safe && column.isText() ? without_formula(std::move(text)) : std::move(text));
        }
    }
    return csv_line(fields);
}

std::string json_line(SQLite::Statement& row) {
    Json json = Json::object();
    for (int i = 0; i < row.getColumnCount(); ++i) {
        auto const column = row.getColumn(i);
        Json& value = json[column.getName()];
        if (column.isInteger()) value = column.getInt64();
        if (column.isFloat()) {
            double const number = column.getDouble();
            value = std::isfinite(number) ? Json(number) : Json(number > 0 ? "inf" : "-inf");
        }
        if (column.isText()) value = column.getString();
        if (column.isBlob()) value = hex(column);
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string title(SQLite::Statement& row, bool safe) {
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(row.getColumnCount()));
    for (int i = 0; i < row.getColumnCount(); ++i) {
        std::string const name = row.getColumnName(i);
        names.push_back(safe ? without_formula(name) : name);
    }
    return csv_line(names);
}

}  // namespace

void export_run(ExportSettings const& settings) {
    RunDirectory const run{settings.run};
    std::error_code error;
    if (!std::filesystem::exists(run.database(), error)) {
        throw InputError("cannot export " + settings.run.string() + " (" +
                         (error ? error.message() : "there is no results.sqlite in it") +
                         "). Name a run directory, such as runs/latest?");
    }
    auto database = open_database(run.database(), Access::read);
    ExportOutput output{settings.output, run.path()};
    std::string const table = settings.failed ? "failures" : "results";
    SQLite::Statement row{database, "SELECT * FROM " + table + " WHERE task >= 0 ORDER BY task"};
    bool const is_csv = settings.format == "csv";
    if (is_csv) output.write(title(row, settings.csv_safe));
    while (row.executeStep()) output.write(is_csv ? csv_row(row, settings.csv_safe) : json_line(row));
    output.complete();
}

}  // namespace rankpool::batch
