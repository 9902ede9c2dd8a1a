// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/result_reader.hpp"

#include "rankpool/batch/store/cells.hpp"

#include <vector>

namespace rankpool::batch {
namespace {

using Statement = SQLite::Statement;

}  // namespace

std::int64_t ResultReader::count_results() const {
    return database_.execAndGet("SELECT count(*) FROM results WHERE task >= 0").getInt64();
}

std::int64_t ResultReader::count_failures() const {
    return database_.execAndGet("SELECT count(*) FROM failures WHERE task >= 0").getInt64();
}

void ResultReader::read_result(std::int64_t task, TakeValues const& take) const {
    read_results("task = " + std::to_string(task), take);
}

std::string ResultReader::output_of_attempt(std::int64_t attempt) const {
    Statement row{database_, "SELECT out FROM attempts WHERE rowid = ?"};
    row.bind(1, attempt);
    return row.executeStep() && !row.isColumnNull(0) ? text_in(row, 0) : "";
}

void ResultReader::for_each_result(TakeValues const& take) const {
    read_results("task >= 0 ORDER BY task", take);
}

void ResultReader::for_each_failure(TakeFailure const& take) const {
    Statement rows{database_, "SELECT * FROM failures WHERE task >= 0 ORDER BY task"};
    constexpr int error = 2;
    constexpr int first_of_input = 4;
    std::vector<Value> values;
    while (rows.executeStep()) {
        values.clear();
        for (int i = first_of_input; i < rows.getColumnCount(); ++i)
            values.push_back(value_in(rows.getColumn(i)));
        if (layout_.is_packed()) layout_.unpack(values);
        take(rows.getColumn(0).getInt64(), text_in(rows, error), values);
    }
}

void ResultReader::read_results(std::string const& which, TakeValues const& take) const {
    Statement rows{database_, "SELECT * FROM results WHERE " + which};
    std::vector<Value> values;
    while (rows.executeStep()) {
        values.clear();
        for (int i = 1; i < rows.getColumnCount(); ++i) values.push_back(value_in(rows.getColumn(i)));
        if (layout_.is_packed()) layout_.unpack(values);
        take(values);
    }
}

void ResultReader::for_each_duration(std::function<void(double)> const& take) const {
    Statement rows{database_,
                   "SELECT seconds FROM attempts WHERE outcome = 'ok' ORDER BY rowid DESC LIMIT 10000"};
    while (rows.executeStep()) take(seconds_in(rows, 0));
}

}  // namespace rankpool::batch
