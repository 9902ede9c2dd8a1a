// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/store.hpp"

#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/store/cells.hpp"
#include "rankpool/batch/store/database.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/run_lock.hpp"
#include "rankpool/batch/store/schema.hpp"
#include "rankpool/batch/store/table_layout.hpp"
#include "rankpool/core/deadline.hpp"

#include <algorithm>
#include <cstring>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;
using Statement = SQLite::Statement;

/// A group is committed at the first of these.
constexpr std::size_t group_rows = 10'000;
constexpr std::size_t group_bytes = 8 * 1024 * 1024;
constexpr auto group_time = 500ms;
constexpr std::size_t largest_row = 900'000'000;
constexpr std::size_t longest_error = 8 * 1024;

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

}  // namespace

class Store::State {
  public:
    State(std::filesystem::path given, RunRecord const* fresh)
        : file(std::move(given)), lock(file.parent_path().empty() ? "." : file.parent_path()) {
        if (fresh) make(*fresh);
        database.emplace(open_database(file));
        if (needs_upgrade(*database)) {
            prepare_for_writing(*database, file);
            upgrade_schema(*database);
        }
        record = read_record(*database);
        layout.emplace(record);
        resumed = !fresh;
        displaced = resumed && one("SELECT EXISTS (SELECT 1 FROM inputs WHERE task < 0)") != 0;
        add_input.emplace(*database, "INSERT INTO inputs VALUES (?, ?)");
        find_input.emplace(*database,
                           "SELECT key, EXISTS (SELECT 1 FROM results WHERE task = ?1), "
                           "(SELECT outcome FROM failures WHERE task = ?1), "
                           "(SELECT attempts FROM failures WHERE task = ?1) FROM inputs WHERE task = ?1");
        add_attempt.emplace(
            *database,
            "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        std::size_t const inputs = layout->inputs().size();
        add_result.emplace(*database, insertion("results", 1 + inputs + layout->results().size()));
        add_failure.emplace(*database, insertion("failures", 4 + inputs));
        drop_failure.emplace(*database, "DELETE FROM failures WHERE task = ?");
    }

    void widen(Column const& column) {
        begin();
        record.result_columns.push_back(column);
        add_column(*database, record);
        layout.emplace(record);
        add_result.emplace(*database,
                           insertion("results", 1 + layout->inputs().size() + layout->results().size()));
    }

    void make(RunRecord const& fresh) const {
        if (run_exists(file)) {
            throw InputError("cannot start a new run in " + file.parent_path().string() +
                             " (another has just begun there). Add --resume, or name another folder with "
                             "--run-dir?");
        }
        make_database(file, [&](SQLite::Database& empty) { make_schema(empty, fresh); });
    }

    std::int64_t one(std::string const& query) { return database->execAndGet(query).getInt64(); }

    /// Opens a group where none is open.
    void begin() {
        if (rows > 0) {
            ++rows;
            return;
        }
        // Not by the first write: what others have changed since the last reading would be in its way.
        database->exec("BEGIN IMMEDIATE");
        rows = 1;
        first_row = Clock::now();
    }

    void write(Statement& statement, std::size_t bytes) {
        begin();
        gathered += bytes;
        run(statement);
    }

    static void run(Statement& statement) {
        statement.exec();
        statement.reset();
    }

    void commit() {
        if (rows == 0) return;
        database->exec("COMMIT");
        rows = 0;
        gathered = 0;
    }

    /// The values of the tables' columns for those of an input's fields, and of a result's.
    std::span<Value const> columns_of(std::span<Value const> fields) {
        if (!layout->is_packed()) return fields;
        layout->pack(fields, packed);
        return packed;
    }

    static std::string insertion(std::string const& table, std::size_t columns) {
        std::string text = "INSERT OR REPLACE INTO " + table + " VALUES (?";
        for (std::size_t i = 1; i < columns; ++i) text += ", ?";
        return text + ")";
    }

    /// Row `task` of `inputs`, if there is one with this key.
    std::optional<Claim> look(std::int64_t task, InputKey const& key) {
        find_input->bind(1, task);
        std::optional<Claim> claim;
        if (find_input->executeStep()) {
            occupied = true;
            auto const found = find_input->getColumn(0);
            bool const same = found.getBytes() == static_cast<int>(key.size()) &&
                              std::memcmp(found.getBlob(), key.data(), key.size()) == 0;
            if (same) claim = claim_in(*find_input);
        } else {
            occupied = false;
        }
        find_input->reset();
        return claim;
    }

    static Claim claim_in(Statement& row) {
        if (row.getColumn(1).getInt() != 0) return {Claim::State::done, 0, Outcome::ok};
        if (row.getColumn(2).isNull()) return {};
        Outcome const outcome = outcome_of(row.getColumn(2).getString());
        constexpr std::int64_t many = 1'000'000;
        auto const attempts = std::clamp<std::int64_t>(row.getColumn(3).getInt64(), 1, many);
        return {Claim::State::failed, static_cast<unsigned>(attempts), outcome};
    }

    /// Takes all inputs from `task` on out of the way, to be found by their keys.
    void displace(std::int64_t task) {
        begin();
        auto const below = std::to_string(-std::min<std::int64_t>(0, one("SELECT min(task) FROM inputs")));
        for (auto const* table : {"attempts", "results", "failures", "inputs"}) {
            database->exec(std::string{"UPDATE "} + table + " SET task = -1 - task - " + below +
                           " WHERE task >= " + std::to_string(task));
        }
        index_displaced(*database);
        displaced = true;
    }

    /// Gives a displaced input with this key its new place.
    bool replace(std::int64_t task, InputKey const& key) {
        Statement find{*database, "SELECT max(task) FROM inputs WHERE key = ? AND task < 0"};
        find.bindNoCopy(1, key.data(), static_cast<int>(key.size()));
        if (!find.executeStep() || find.getColumn(0).isNull()) return false;
        auto const old = find.getColumn(0).getInt64();
        find.reset();
        for (auto const* table : {"attempts", "results", "failures", "inputs"}) {
            Statement move{*database, std::string{"UPDATE "} + table + " SET task = ? WHERE task = ?"};
            move.bind(1, task);
            move.bind(2, old);
            write(move, 64);
        }
        return true;
    }

    std::filesystem::path file;
    RunLock lock;  ///< taken before the database is opened, and let go after it
    std::optional<SQLite::Database> database;
    RunRecord record;
    std::optional<TableLayout> layout;
    std::vector<Value> packed;  ///< the row that is being written
    std::int64_t session = 0;
    bool resumed = false;
    bool displaced = false;  ///< there are inputs with negative numbers
    bool occupied = false;   ///< the last `look` found a row
    std::optional<Statement> add_input, find_input, add_attempt, add_result, add_failure, drop_failure;
    std::size_t rows = 0;
    std::size_t gathered = 0;
    Clock::time_point first_row{};
};

namespace {

/// Runs what works on the database, and names the file in what it throws.
template <class State, class Work>
auto guarded(State& state, Work work) {
    try {
        return work();
    } catch (SQLite::Exception const& error) {
        rethrow(error, state.file);
    } catch (SerializationError const& error) {
        throw InputError("cannot read " + state.file.string() + " (" + error.what() +
                         "). Has it been edited?");
    }
}

}  // namespace

bool fit_for_store(std::span<Value const> values) {
    std::size_t bytes = 0;
    for (auto const& value : values) bytes += size_of(value);
    return bytes < largest_row;
}

std::string bounded_error(std::string text) {
    std::size_t const size = text.size();
    if (size <= longest_error) return text;
    constexpr std::size_t room_for_size = 100;
    return shortened(std::move(text), longest_error - room_for_size) + " (" + std::to_string(size) +
           " bytes in all)";
}

char const* word_for(Outcome outcome) {
    switch (outcome) {
        case Outcome::ok:
            return "ok";
        case Outcome::failed:
            return "failed";
        case Outcome::timeout:
            return "timeout";
        case Outcome::lost:
            break;
    }
    return "lost";
}

Outcome outcome_of(std::string const& word) {
    for (auto const outcome : {Outcome::ok, Outcome::timeout, Outcome::lost}) {
        if (word == word_for(outcome)) return outcome;
    }
    return Outcome::failed;
}

Store Store::create(std::filesystem::path const& file, RunRecord const& record) {
    try {
        return Store{std::make_unique<State>(file, &record)};
    } catch (SQLite::Exception const& error) {
        rethrow(error, file);
    }
}

Store Store::resume(std::filesystem::path const& file) {
    try {
        return Store{std::make_unique<State>(file, nullptr)};
    } catch (SQLite::Exception const& error) {
        rethrow(error, file);
    }
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

RunRecord const& Store::record() const {
    return state_->record;
}

void Store::begin_session(Session const& session) {
    guarded(*state_, [&] {
        prepare_for_writing(*state_->database, state_->file);
        state_->session = insert_session(*state_->database, session);
    });
}

void Store::update_session(Session const& session) {
    guarded(*state_, [&] {
        state_->begin();
        batch::update_session(*state_->database, state_->session, session);
    });
}

void Store::end_session(Session const& session) {
    guarded(*state_, [&] {
        state_->commit();
        finish_session(*state_->database, state_->session, session);
    });
}

Claim Store::claim(std::int64_t task, InputKey const& key) {
    return guarded(*state_, [&]() -> Claim {
        if (state_->resumed) {
            if (auto const known = state_->look(task, key)) return *known;
            if (state_->occupied) state_->displace(task);
            if (state_->displaced && state_->replace(task, key)) return state_->look(task, key).value();
        }
        state_->add_input->bind(1, task);
        state_->add_input->bindNoCopy(2, key.data(), static_cast<int>(key.size()));
        state_->write(*state_->add_input, key.size());
        return {};
    });
}

std::int64_t Store::end_claims(std::int64_t inputs) {
    return guarded(*state_, [&]() -> std::int64_t {
        if (!state_->resumed) return 0;
        if (state_->one("SELECT EXISTS (SELECT 1 FROM inputs WHERE task >= " + std::to_string(inputs) +
                        ")") != 0) {
            state_->displace(inputs);
        }
        return state_->one("SELECT count(*) FROM inputs WHERE task < 0");
    });
}

void Store::for_each_duration(std::function<void(double)> const& take) {
    if (!state_->resumed) return;
    guarded(*state_, [&] {
        Statement rows{*state_->database,
                       "SELECT seconds FROM attempts WHERE outcome = 'ok' ORDER BY rowid DESC LIMIT 10000"};
        while (rows.executeStep()) take(seconds_in(rows, 0));
    });
}

void Store::add_attempt(Attempt const& attempt) {
    std::string const error = bounded_error(attempt.error);
    guarded(*state_, [&] {
        Statement& row = *state_->add_attempt;
        row.bind(1, attempt.task);
        row.bind(2, attempt.number);
        row.bind(3, state_->session);
        row.bind(4, attempt.rank);
        row.bind(5, attempt.pid);
        row.bindNoCopy(6, attempt.host);
        row.bind(7, attempt.started);
        row.bind(8, attempt.seconds);
        row.bind(9, attempt.peak_memory);
        row.bindNoCopy(10, word_for(attempt.outcome));
        if (attempt.outcome == Outcome::ok) {
            row.bind(11);
        } else {
            row.bindNoCopy(11, error);
        }
        bind_or_null(row, 12, attempt.out);
        bind_or_null(row, 13, attempt.err);
        bind_command(row, 14, attempt.command);
        std::size_t const command = attempt.command ? attempt.command->command.size() : 0;
        state_->write(row, 64 + error.size() + attempt.out.size() + attempt.err.size() + command);
    });
}

void Store::add_result_column(Column const& column) {
    guarded(*state_, [&] { state_->widen(column); });
}

void Store::add_result(std::int64_t task, std::span<Value const> values, bool had_failed) {
    guarded(*state_, [&] {
        Statement& row = *state_->add_result;
        row.bind(1, task);
        int place = 2;
        std::size_t bytes = 0;
        for (auto const& value : state_->columns_of(values)) {
            place = bind(row, place, value);
            bytes += size_of(value);
        }
        state_->write(row, bytes);
        if (!had_failed) return;
        state_->drop_failure->bind(1, task);
        state_->write(*state_->drop_failure, 0);
    });
}

void Store::add_failure(std::int64_t task, Attempt const& last, std::span<Value const> input) {
    std::string const error = bounded_error(last.error);
    guarded(*state_, [&] {
        Statement& row = *state_->add_failure;
        row.bind(1, task);
        row.bindNoCopy(2, word_for(last.outcome));
        row.bindNoCopy(3, error);
        row.bind(4, last.number);
        int place = 5;
        for (auto const& value : state_->columns_of(input)) place = bind(row, place, value);
        state_->write(row, 64 + error.size());
    });
}

void Store::commit() {
    guarded(*state_, [&] { state_->commit(); });
}

void Store::commit_if_due(bool idle) {
    if (state_->rows == 0) return;
    bool const is_due = idle || state_->rows >= group_rows || state_->gathered >= group_bytes ||
                        Clock::now() - state_->first_row >= group_time;
    if (is_due) commit();
}

bool Store::has_uncommitted() const {
    return state_->rows > 0;
}

std::int64_t Store::count_results() {
    return guarded(*state_, [&] { return state_->one("SELECT count(*) FROM results WHERE task >= 0"); });
}

std::int64_t Store::count_failures() {
    return guarded(*state_, [&] { return state_->one("SELECT count(*) FROM failures WHERE task >= 0"); });
}

void Store::read_results(std::string const& which, std::function<void(std::span<Value const>)> const& take) {
    guarded(*state_, [&] {
        Statement rows{*state_->database, "SELECT * FROM results WHERE " + which};
        std::vector<Value> values;
        while (rows.executeStep()) {
            values.clear();
            for (int i = 1; i < rows.getColumnCount(); ++i) values.push_back(value_in(rows.getColumn(i)));
            if (state_->layout->is_packed()) state_->layout->unpack(values);
            take(values);
        }
    });
}

void Store::read_result(std::int64_t task, std::function<void(std::span<Value const>)> const& take) {
    read_results("task = " + std::to_string(task), take);
}

void Store::for_each_result(std::function<void(std::span<Value const>)> const& take) {
    read_results("task >= 0 ORDER BY task", take);
}

}  // namespace rankpool::batch
