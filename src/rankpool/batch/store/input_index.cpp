// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/input_index.hpp"

#include "rankpool/batch/store/schema.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace rankpool::batch {
namespace {

using Statement = SQLite::Statement;

/// All that have a row for a task.
constexpr std::array tables_of_tasks{"attempts", "results", "failures", "inputs"};

constexpr std::int64_t most_attempts = 1'000'000;

Claim claim_in(Statement& row) {
    if (row.getColumn(1).getInt() != 0) return {Claim::State::done, 0, AttemptOutcome::ok};
    if (row.getColumn(2).isNull()) return {};
    AttemptOutcome const outcome = outcome_of(row.getColumn(2).getString());
    auto const attempts = std::clamp<std::int64_t>(row.getColumn(3).getInt64(), 1, most_attempts);
    return {Claim::State::failed, static_cast<unsigned>(attempts), outcome};
}

}  // namespace

InputIndex::InputIndex(SQLite::Database& database, GroupCommit& group, Origin origin)
    : database_(database),
      group_(group),
      origin_(origin),
      has_displaced_(origin == Origin::resumed && has_input("task < 0")),
      add_(database, "INSERT INTO inputs VALUES (?, ?)"),
      look_(database,
            "SELECT key, EXISTS (SELECT 1 FROM results WHERE task = ?1), "
            "(SELECT outcome FROM failures WHERE task = ?1), "
            "(SELECT attempts FROM failures WHERE task = ?1) FROM inputs WHERE task = ?1") {}

Claim InputIndex::claim(std::int64_t task, InputKey const& key) {
    if (origin_ == Origin::resumed) {
        if (auto known = find(task, key)) {
            if (known->state != Claim::State::done) count_further(task, *known);
            return *known;
        }
    }
    add_.bind(1, task);
    add_.bindNoCopy(2, key.data(), static_cast<int>(key.size()));
    group_.write(add_, key.size());
    return {};
}

std::int64_t InputIndex::end_claims(std::int64_t inputs) {
    if (origin_ == Origin::fresh) return 0;
    if (has_input("task >= " + std::to_string(inputs))) displace(inputs);
    return database_.execAndGet("SELECT count(*) FROM inputs WHERE task < 0").getInt64();
}

/// What became of the input with this key, which is then the `task`th; nothing where it is new.
std::optional<Claim> InputIndex::find(std::int64_t task, InputKey const& key) {
    auto const row = look(task, key);
    if (row.claim) return row.claim;
    if (row.is_taken) displace(task);
    if (has_displaced_ && replace(task, key)) return look(task, key).claim.value();
    return std::nullopt;
}

/// A session that ended between retries has left attempts that no failure tells of.
void InputIndex::count_further(std::int64_t task, Claim& claim) {
    // For all at once, since attempts are not found by their tasks.
    if (!further_) {
        further_.emplace();
        Statement row{
            database_,
            "SELECT task, max(attempt) AS last FROM attempts WHERE outcome <> 'ok' GROUP BY task "
            "HAVING NOT EXISTS (SELECT 1 FROM results WHERE results.task = attempts.task) AND last > "
            "ifnull((SELECT attempts FROM failures WHERE failures.task = attempts.task), 0)"};
        while (row.executeStep()) {
            auto const last = std::clamp<std::int64_t>(row.getColumn(1).getInt64(), 0, most_attempts);
            further_->emplace(row.getColumn(0).getInt64(), static_cast<unsigned>(last));
        }
    }
    auto const found = further_->find(task);
    if (found != further_->end()) claim.attempts = std::max(claim.attempts, found->second);
}

InputIndex::Row InputIndex::look(std::int64_t task, InputKey const& key) {
    look_.bind(1, task);
    Row row;
    if (look_.executeStep()) {
        row.is_taken = true;
        auto const found = look_.getColumn(0);
        bool const is_same = found.getBytes() == static_cast<int>(key.size()) &&
                             std::memcmp(found.getBlob(), key.data(), key.size()) == 0;
        if (is_same) row.claim = claim_in(look_);
    }
    look_.reset();
    return row;
}

/// Takes all inputs from the `first`th on out of the way, to be found by their keys.
void InputIndex::displace(std::int64_t first) {
    if (take_displaced_) tell_of(first);
    group_.begin();
    auto const least = database_.execAndGet("SELECT min(task) FROM inputs").getInt64();
    auto const below = std::to_string(-std::min<std::int64_t>(0, least));
    for (auto const* table : tables_of_tasks) {
        database_.exec(std::string{"UPDATE "} + table + " SET task = -1 - task - " + below +
                       " WHERE task >= " + std::to_string(first));
    }
    index_displaced(database_);
    has_displaced_ = true;
    further_.reset();
}

void InputIndex::tell_of(std::int64_t first) {
    Statement rows{database_, "SELECT task, key FROM inputs WHERE task >= ? ORDER BY task"};
    rows.bind(1, first);
    while (rows.executeStep()) {
        InputKey key{};
        auto const there = rows.getColumn(1);
        if (there.getBytes() != static_cast<int>(key.size())) continue;
        std::memcpy(key.data(), there.getBlob(), key.size());
        take_displaced_(rows.getColumn(0).getInt64(), key);
    }
}

/// Gives a displaced input with this key its new place; false where there is none.
bool InputIndex::replace(std::int64_t task, InputKey const& key) {
    // Of several that are the same, one that need not be done again.
    auto old = displaced(key, " AND EXISTS (SELECT 1 FROM results WHERE results.task = inputs.task)");
    if (!old) old = displaced(key, "");
    if (!old) return false;
    for (auto const* table : tables_of_tasks) {
        Statement move{database_, std::string{"UPDATE "} + table + " SET task = ? WHERE task = ?"};
        move.bind(1, task);
        move.bind(2, *old);
        group_.write(move, 64);
    }
    if (further_) {
        if (auto node = further_->extract(*old)) {
            node.key() = task;
            further_->insert(std::move(node));
        }
    }
    return true;
}

/// The first of the displaced inputs with this key for which the further condition holds.
std::optional<std::int64_t> InputIndex::displaced(InputKey const& key, std::string const& condition) {
    Statement find{database_, "SELECT task FROM inputs WHERE key = ? AND task < 0" + condition +
                                  " ORDER BY task DESC LIMIT 1"};
    find.bindNoCopy(1, key.data(), static_cast<int>(key.size()));
    if (!find.executeStep()) return std::nullopt;
    return find.getColumn(0).getInt64();
}

bool InputIndex::has_input(std::string const& condition) const {
    return database_.execAndGet("SELECT EXISTS (SELECT 1 FROM inputs WHERE " + condition + ")").getInt64() !=
           0;
}

}  // namespace rankpool::batch
