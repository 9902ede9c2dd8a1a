// SPDX-License-Identifier: MIT
#include "rankpool/batch/report/export.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/columns/node.hpp"
#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/report/export_output.hpp"
#include "rankpool/batch/rows/csv.hpp"
#include "rankpool/batch/store/cells.hpp"
#include "rankpool/batch/store/database.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/schema.hpp"
#include "rankpool/batch/store/table_layout.hpp"
#include "rankpool/core/log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <string_view>
#include <vector>

namespace rankpool::batch {
namespace {

/// A spreadsheet takes texts that begin so for formulas; with an apostrophe before them it shows them.
std::string without_formula(std::string text) {
    constexpr std::string_view begins = "=+-@\t\r";
    bool const is_formula = !text.empty() && begins.find(text[0]) != std::string_view::npos;
    return is_formula ? "'" + text : text;
}

std::string json_field(Value const& value) {
    if (std::holds_alternative<Bytes>(value)) return to_json(Value{plain_text(value)});
    return to_json(value);
}

/// What is exported: the columns of the table as they are called outside, and how to read them.
class Rows {
  public:
    Rows(SQLite::Database& database, bool failed) : record_(read_record(database)), layout_(record_) {
        if (failed) own_ = {"task", "outcome", "error", "attempts"};
        std::string columns = fmt::format("t.{}", fmt::join(own_, ", t."));
        for (auto const& column : layout_.inputs()) columns += ", t." + quoted(sql_name(column));
        columns_ = record_.input_columns;
        if (!failed) {
            for (auto const& column : layout_.results()) columns += ", t." + quoted(sql_name(column));
            columns_.insert(columns_.end(), record_.result_columns.begin(), record_.result_columns.end());
        }
        std::string from = failed ? "failures t" : "results t";
        if (failed && keeps_failed_output(database, record_)) {
            add_output_columns();
            columns += ", a.out, a.err";
            from +=
                " LEFT JOIN (SELECT task, attempt, out, err, max(rowid) FROM attempts GROUP BY task, "
                "attempt) a"
                " ON a.task = t.task AND a.attempt = t.attempts";
        }
        row_.emplace(database, "SELECT " + columns + " FROM " + from + " WHERE t.task >= 0 ORDER BY t.task");
    }

    /// Calls `take` with the values of each row.
    template <class Take>
    void for_each(Take take) {
        std::vector<Value> values;
        std::vector<Value> own;
        std::vector<Value> output;
        int const output_from = row_->getColumnCount() - output_columns_;
        while (row_->executeStep()) {
            own.clear();
            values.clear();
            output.clear();
            for (int i = 0; i < row_->getColumnCount(); ++i) {
                auto& to = i < static_cast<int>(own_.size()) ? own : i < output_from ? values : output;
                to.push_back(value_in(row_->getColumn(i)));
            }
            if (layout_.is_packed()) layout_.unpack(values);
            values.insert(values.begin(), own.begin(), own.end());
            values.insert(values.end(), output.begin(), output.end());
            take(values);
        }
    }

    /// As they are, or as UTF-8.
    [[nodiscard]] std::vector<std::string> names(bool as_utf8) const {
        std::vector<std::string> all(own_.begin(), own_.end());
        for (auto const& column : columns_) all.push_back(as_utf8 ? sql_name(column) : column.name);
        return all;
    }

  private:
    /// What a command that failed had written, beside its input.
    void add_output_columns() {
        RunRecord named;
        named.input_columns = record_.input_columns;
        named.result_columns = {{"out", ColumnType::text}, {"err", ColumnType::text}};
        tell_columns_apart(named);
        columns_.insert(columns_.end(), named.result_columns.begin(), named.result_columns.end());
        output_columns_ = static_cast<int>(named.result_columns.size());
    }

    RunRecord record_;
    TableLayout layout_;
    std::vector<char const*> own_{"task"};
    std::vector<Column> columns_;
    int output_columns_ = 0;
    std::optional<SQLite::Statement> row_;
};

std::string csv_row(std::vector<Value> const& values, bool safe) {
    std::vector<std::string> fields;
    fields.reserve(values.size());
    for (auto const& value : values) {
        bool const is_text = std::holds_alternative<std::string>(value);
        fields.push_back(safe && is_text ? without_formula(plain_text(value)) : plain_text(value));
    }
    return csv_line(fields);
}

std::string title(std::vector<std::string> names, bool safe) {
    for (auto& name : names) {
        if (safe) name = without_formula(std::move(name));
    }
    return csv_line(names);
}

std::string json_line(std::vector<std::string> const& names, std::vector<Value> const& values) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) {
        text += (i == 0 ? '{' : ',') + names[i] + ':' + json_field(values[i]);
    }
    return text + "}\n";
}

void write_rows(Rows rows, ExportSettings const& settings, ExportOutput& output, DatabaseView& view) {
    bool const is_csv = settings.format == "csv";
    auto names = rows.names(!is_csv);
    if (is_csv) output.write(title(names, settings.csv_safe));
    for (auto& name : names) name = to_json(Value{name});
    bool is_wanted = true;
    rows.for_each([&](std::vector<Value> const& values) {
        if (!is_wanted) return;
        is_wanted = output.write(is_csv ? csv_row(values, settings.csv_safe) : json_line(names, values));
        // Whoever reads it may take his time.
        view.start_clock();
    });
}

}  // namespace

void export_run(ExportSettings const& settings) {
    RunDirectory const run{settings.run};
    DatabaseView view{run.database()};
    if (!view.lack().empty()) say(view.lack());
    ExportOutput output{settings.output, run.path()};
    view.read([&](SQLite::Database& database) {
        write_rows(Rows{database, settings.failed}, settings, output, view);
    });
    output.complete();
}

}  // namespace rankpool::batch
