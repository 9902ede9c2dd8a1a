// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/result_writer.hpp"

#include <optional>
#include <string>

namespace rankpool::batch {
namespace {

using Statement = SQLite::Statement;

constexpr std::size_t largest_row = 900'000'000;

int bind(Statement& statement, int place, Value const& value) {
    struct Visitor {
        Statement& statement;
        int place;

        void operator()(std::monostate) const { statement.bind(place); }
        void operator()(std::int64_t number) const { statement.bind(place, number); }
        void operator()(double number) const { statement.bind(place, number); }
        void operator()(std::string const& text) const { statement.bindNoCopy(place, text); }
        void operator()(Bytes const& bytes) const {
            // SQLite takes a null pointer for null.
            void const* const data = bytes.empty() ? static_cast<void const*>("") : bytes.data();
            statement.bindNoCopy(place, data, static_cast<int>(bytes.size()));
        }
    };
    std::visit(Visitor{statement, place}, value);
    return place + 1;
}

std::size_t size_of(Value const& value) {
    if (auto const* text = std::get_if<std::string>(&value)) return text->size();
    if (auto const* bytes = std::get_if<Bytes>(&value)) return bytes->size();
    return sizeof(std::int64_t);
}

std::size_t size_of(std::span<Value const> values) {
    std::size_t bytes = 0;
    for (auto const& value : values) bytes += size_of(value);
    return bytes;
}

void bind_or_null(Statement& row, int place, std::string const& text) {
    if (text.empty()) {
        row.bind(place);
    } else {
        row.bindNoCopy(place, text);
    }
}

/// How a command ended, from this place on; nulls where the task was none.
void bind_command(Statement& row, int place, std::optional<CommandEnd> const& command) {
    for (int i = 0; i < 7; ++i) row.bind(place + i);
    if (!command) return;
    if (command->exit_code) row.bind(place, *command->exit_code);
    if (command->signal) row.bind(place + 1, *command->signal);
    bind_or_null(row, place + 2, command->cause);
    row.bind(place + 3, command->user_seconds);
    row.bind(place + 4, command->system_seconds);
    row.bind(place + 5, command->slot);
    row.bindNoCopy(place + 6, command->command);
}

std::string insertion(std::string const& table, std::size_t columns) {
    std::string text = "INSERT OR REPLACE INTO " + table + " VALUES (?";
    for (std::size_t i = 1; i < columns; ++i) text += ", ?";
    return text + ")";
}

std::string insertion_of_results(TableLayout const& layout) {
    return insertion("results", 1 + layout.inputs().size() + layout.results().size());
}

}  // namespace

ResultWriter::ResultWriter(SQLite::Database& database, GroupCommit& group, TableLayout const& layout)
    : database_(database),
      group_(group),
      layout_(layout),
      add_attempt_(database,
                   "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                   "?, ?, ?)"),
      add_result_(database, insertion_of_results(layout)),
      add_failure_(database, insertion("failures", 4 + layout.inputs().size())),
      drop_failure_(database, "DELETE FROM failures WHERE task = ?") {}

bool ResultWriter::has_room_for(std::span<Value const> values) {
    return size_of(values) < largest_row;
}

void ResultWriter::take_new_layout() {
    add_result_ = Statement{database_, insertion_of_results(layout_)};
}

void ResultWriter::add_attempt(std::int64_t session, Attempt const& attempt) {
    std::string const error = bounded_error(attempt.error);
    Statement& row = add_attempt_;
    row.bind(1, attempt.task);
    row.bind(2, attempt.number);
    row.bind(3, session);
    row.bind(4, attempt.rank);
    row.bind(5, attempt.pid);
    row.bindNoCopy(6, attempt.host);
    row.bind(7, attempt.started);
    row.bind(8, attempt.seconds);
    row.bind(9, attempt.peak_memory);
    row.bindNoCopy(10, word_for(attempt.outcome));
    if (attempt.outcome == AttemptOutcome::ok) {
        row.bind(11);
    } else {
        row.bindNoCopy(11, error);
    }
    bind_or_null(row, 12, attempt.out);
    bind_or_null(row, 13, attempt.err);
    bind_command(row, 14, attempt.command);
    if (attempt.processor >= 0) {
        row.bind(21, attempt.processor);
    } else {
        row.bind(21);
    }
    row.bind(22);
    row.bind(23);
    if (attempt.command && attempt.command->cpus > 0) row.bind(22, attempt.command->cpus);
    if (attempt.command) bind_or_null(row, 23, attempt.command->odd_numbers);
    std::size_t const command = attempt.command ? attempt.command->command.size() : 0;
    group_.write(row, 64 + error.size() + attempt.out.size() + attempt.err.size() + command);
}

void ResultWriter::add_result(std::int64_t task, std::span<Value const> values, bool had_failed) {
    auto const columns = columns_of(values);
    add_result_.bind(1, task);
    int place = 2;
    for (auto const& value : columns) place = bind(add_result_, place, value);
    group_.write(add_result_, size_of(columns));
    if (!had_failed) return;
    drop_failure_.bind(1, task);
    group_.write(drop_failure_, 0);
}

void ResultWriter::add_failure(std::int64_t task, Attempt const& last, std::span<Value const> input) {
    std::string const error = bounded_error(last.error);
    Statement& row = add_failure_;
    row.bind(1, task);
    row.bindNoCopy(2, word_for(last.outcome));
    row.bindNoCopy(3, error);
    row.bind(4, last.number);
    int place = 5;
    for (auto const& value : columns_of(input)) place = bind(row, place, value);
    group_.write(row, 64 + error.size());
}

/// The values of the tables' columns for those of an input's fields, and of a result's.
std::span<Value const> ResultWriter::columns_of(std::span<Value const> fields) {
    if (!layout_.is_packed()) return fields;
    layout_.pack(fields, packed_);
    return packed_;
}

}  // namespace rankpool::batch
