// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/store.hpp"

#include "rankpool/batch/store/database.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/group_commit.hpp"
#include "rankpool/batch/store/input_index.hpp"
#include "rankpool/batch/store/result_reader.hpp"
#include "rankpool/batch/store/result_writer.hpp"
#include "rankpool/batch/store/run_lock.hpp"
#include "rankpool/batch/store/schema.hpp"
#include "rankpool/batch/store/table_layout.hpp"

#include <utility>

namespace rankpool::batch {
namespace {

void make_fresh(std::filesystem::path const& file, RunRecord const& record) {
    if (run_exists(file)) {
        throw InputError("cannot start a new run in " + file.parent_path().string() +
                         " (another has just begun there). Add --resume, or name another folder with "
                         "--run-dir?");
    }
    make_database(file, [&](SQLite::Database& empty) { make_schema(empty, record); });
}

/// Of a new run where there is a record, else of an earlier one, with the tables of this version.
SQLite::Database open_for_run(std::filesystem::path const& file, RunRecord const* fresh) {
    if (fresh) make_fresh(file, *fresh);
    SQLite::Database database = open_database(file);
    if (needs_upgrade(database)) {
        prepare_for_writing(database, file);
        upgrade_schema(database);
    }
    return database;
}

}  // namespace

/// The open database, and those that write and read its tables.
class Store::State {
  public:
    State(std::filesystem::path given, RunRecord const* fresh, TimeSource time)
        : file(std::move(given)),
          lock(file.parent_path().empty() ? "." : file.parent_path()),
          database(open_for_run(file, fresh)),
          record(read_record(database)),
          layout(record),
          is_resumed(!fresh),
          group(database, time),
          index(database, group, fresh ? InputIndex::Origin::fresh : InputIndex::Origin::resumed),
          writer(database, group, layout),
          reader(database, layout) {}

    static std::unique_ptr<State> open(std::filesystem::path const& file, RunRecord const* fresh,
                                       TimeSource time) {
        try {
            return std::make_unique<State>(file, fresh, time);
        } catch (SQLite::Exception const& error) {
            rethrow(error, file);
        }
    }

    /// Runs what works on the database, and names the file in what it throws.
    template <class Work>
    auto guarded(Work work) {
        try {
            return work();
        } catch (SQLite::Exception const& error) {
            rethrow(error, file);
        } catch (SerializationError const& error) {
            throw InputError("cannot read " + file.string() + " (" + error.what() + "). Has it been edited?");
        }
    }

    std::filesystem::path file;
    RunLock lock;  ///< taken before the database is opened, and let go after it
    SQLite::Database database;
    RunRecord record;
    TableLayout layout;
    bool is_resumed;
    std::int64_t session = 0;
    std::int64_t newest_attempt = 0;
    GroupCommit group;
    InputIndex index;
    ResultWriter writer;
    ResultReader reader;
};

bool fit_for_store(std::span<Value const> values) {
    return ResultWriter::has_room_for(values);
}

Store Store::create(std::filesystem::path const& file, RunRecord const& record, TimeSource time) {
    return Store{State::open(file, &record, time)};
}

Store Store::resume(std::filesystem::path const& file, TimeSource time) {
    return Store{State::open(file, nullptr, time)};
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

RunRecord const& Store::record() const {
    return state_->record;
}

void Store::begin_session(Session const& session) {
    state_->guarded([&] {
        prepare_for_writing(state_->database, state_->file);
        state_->session = insert_session(state_->database, session);
    });
}

void Store::update_session(Session const& session) {
    state_->guarded([&] {
        state_->group.begin();
        batch::update_session(state_->database, state_->session, session);
    });
}

void Store::end_session(Session const& session) {
    state_->guarded([&] {
        state_->group.commit();
        finish_session(state_->database, state_->session, session);
    });
}

void Store::tell_of_displaced(std::function<void(std::int64_t, InputKey const&)> take) {
    state_->index.tell_of_displaced(std::move(take));
}

Claim Store::claim(std::int64_t task, InputKey const& key) {
    return state_->guarded([&] { return state_->index.claim(task, key); });
}

std::int64_t Store::end_claims(std::int64_t inputs) {
    return state_->guarded([&] { return state_->index.end_claims(inputs); });
}

void Store::add_result_column(Column const& column) {
    state_->guarded([&] {
        state_->group.begin();
        state_->record.result_columns.push_back(column);
        add_column(state_->database, state_->record);
        state_->layout = TableLayout{state_->record};
        state_->writer.take_new_layout();
    });
}

void Store::for_each_duration(std::function<void(double)> const& take) {
    if (!state_->is_resumed) return;
    state_->guarded([&] { state_->reader.for_each_duration(take); });
}

void Store::add_attempt(Attempt const& attempt) {
    state_->guarded([&] {
        state_->writer.add_attempt(state_->session, attempt);
        state_->newest_attempt = state_->database.getLastInsertRowid();
    });
}

std::int64_t Store::newest_attempt() const {
    return state_->newest_attempt;
}

void Store::add_result(std::int64_t task, std::span<Value const> values, bool had_failed) {
    state_->guarded([&] { state_->writer.add_result(task, values, had_failed); });
}

void Store::add_failure(std::int64_t task, Attempt const& last, std::span<Value const> input) {
    state_->guarded([&] { state_->writer.add_failure(task, last, input); });
}

void Store::commit() {
    state_->guarded([&] { state_->group.commit(); });
}

void Store::commit_if_due(bool idle) {
    if (!state_->group.is_open()) return;
    if (idle || state_->group.is_full()) commit();
}

bool Store::has_uncommitted() const {
    return state_->group.is_open();
}

std::int64_t Store::count_results() {
    return state_->guarded([&] { return state_->reader.count_results(); });
}

std::int64_t Store::count_failures() {
    return state_->guarded([&] { return state_->reader.count_failures(); });
}

void Store::read_result(std::int64_t task, std::function<void(std::span<Value const>)> const& take) {
    state_->guarded([&] { state_->reader.read_result(task, take); });
}

std::string Store::output_of_attempt(std::int64_t attempt) {
    return state_->guarded([&] { return state_->reader.output_of_attempt(attempt); });
}

void Store::for_each_result(std::function<void(std::span<Value const>)> const& take) {
    state_->guarded([&] { state_->reader.for_each_result(take); });
}

void Store::for_each_failure(
    std::function<void(std::int64_t, std::string const&, std::span<Value const>)> const& take) {
    state_->guarded([&] { state_->reader.for_each_failure(take); });
}

}  // namespace rankpool::batch
