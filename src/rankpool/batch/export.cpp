// SPDX-License-Identifier: MIT
#include "rankpool/batch/export.hpp"

#include "rankpool/batch/csv.hpp"
#include "rankpool/batch/database.hpp"
#include "rankpool/batch/input_error.hpp"
#include "rankpool/batch/run_directory.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <memory>

namespace rankpool::batch {
namespace {

using Json = nlohmann::ordered_json;

/// A file that is removed again where it is not completed.
class Output {
  public:
    explicit Output(std::string const& name) : name_(name) {
        file_ = name.empty() || name == "-" ? stdout : std::fopen(name.c_str(), "w");
        if (!file_) fail();
    }
    Output(Output const&) = delete;
    Output& operator=(Output const&) = delete;
    ~Output() {
        if (!file_ || file_ == stdout) return;
        std::fclose(file_);
        std::error_code ignored;
        if (std::filesystem::is_regular_file(name_, ignored)) std::filesystem::remove(name_, ignored);
    }

    void write(std::string const& text) {
        if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail();
    }
    void complete() {
        if (std::fflush(file_) != 0) fail();
        if (file_ != stdout) std::fclose(file_);
        file_ = nullptr;
    }

  private:
    [[noreturn]] void fail() const {
        throw InputError("cannot write " + (name_.empty() ? "stdout" : name_) + " (" + std::strerror(errno) +
                         "). Is there such a folder, and room in it?");
    }

    std::string name_;
    std::FILE* file_ = nullptr;
};

std::string hex(SQLite::Column const& column) {
    std::string text;
    auto const* const bytes = static_cast<unsigned char const*>(column.getBlob());
    for (int i = 0; i < column.getBytes(); ++i) text += fmt::format("{:02x}", bytes[i]);
    return text;
}

std::string csv_row(SQLite::Statement& row) {
    std::vector<std::string> fields;
    for (int i = 0; i < row.getColumnCount(); ++i) {
        auto const column = row.getColumn(i);
        if (column.isFloat()) {
            fields.push_back(fmt::format("{}", column.getDouble()));
        } else {
            fields.push_back(column.isBlob() ? hex(column) : column.getString());
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

std::string title(SQLite::Statement& row) {
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(row.getColumnCount()));
    for (int i = 0; i < row.getColumnCount(); ++i) names.emplace_back(row.getColumnName(i));
    return csv_line(names);
}

}  // namespace

void export_run(ExportSettings const& settings) {
    RunDirectory const run{settings.run};
    if (!std::filesystem::exists(run.database())) {
        throw InputError("cannot export " + settings.run.string() +
                         " (there is no results.sqlite in it). Name a run directory, such as runs/latest?");
    }
    auto database = open_database(run.database(), Access::read);
    Output output{settings.output};
    std::string const table = settings.failed ? "failures" : "results";
    SQLite::Statement row{database, "SELECT * FROM " + table + " WHERE task >= 0 ORDER BY task"};
    bool const is_csv = settings.format == "csv";
    if (is_csv) output.write(title(row));
    while (row.executeStep()) output.write(is_csv ? csv_row(row) : json_line(row));
    output.complete();
}

}  // namespace rankpool::batch
