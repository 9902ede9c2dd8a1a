// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/claim.hpp"
#include "rankpool/batch/store/group_commit.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace rankpool::batch {

/// Which input is which task of a run. A resumed run finds its inputs again by their keys, where they stand
/// now; those of earlier sessions that another input has the place of are displaced: they and their rows in
/// all tables have negative numbers until they come.
class InputIndex {
  public:
    enum class Origin { fresh, resumed };
    /// The database and its transactions must outlive it. Nothing is written yet.
    InputIndex(SQLite::Database& database, GroupCommit& group, Origin origin);

    /// As Store::tell_of_displaced, Store::claim and Store::end_claims.
    void tell_of_displaced(std::function<void(std::int64_t, InputKey const&)> take) {
        take_displaced_ = std::move(take);
    }
    Claim claim(std::int64_t task, InputKey const& key);
    std::int64_t end_claims(std::int64_t inputs);

  private:
    /// A row of `inputs`.
    struct Row {
        bool is_taken = false;
        std::optional<Claim> claim;  ///< where it has the key that was looked for
    };
    Row look(std::int64_t task, InputKey const& key);
    std::optional<Claim> find(std::int64_t task, InputKey const& key);
    void count_further(std::int64_t task, Claim& claim);
    void displace(std::int64_t first);
    void tell_of(std::int64_t first);
    bool replace(std::int64_t task, InputKey const& key);
    std::optional<std::int64_t> displaced(InputKey const& key, std::string const& condition);
    [[nodiscard]] bool has_input(std::string const& condition) const;

    SQLite::Database& database_;
    GroupCommit& group_;
    Origin origin_;
    bool has_displaced_;
    std::function<void(std::int64_t, InputKey const&)> take_displaced_;
    /// The last attempts of tasks that have more of them than their failures tell; once it is asked for.
    std::optional<std::unordered_map<std::int64_t, unsigned>> further_;
    SQLite::Statement add_, look_;
};

}  // namespace rankpool::batch
