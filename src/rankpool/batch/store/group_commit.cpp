// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/group_commit.hpp"

#include <chrono>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

/// A group is committed at the first of these.
constexpr std::size_t group_rows = 10'000;
constexpr std::size_t group_bytes = 8 * 1024 * 1024;
constexpr auto group_time = 500ms;

}  // namespace

void GroupCommit::begin() {
    if (rows_ > 0) {
        ++rows_;
        return;
    }
    // Not by the first write: what others have changed since the last reading would be in its way.
    database_.exec("BEGIN IMMEDIATE");
    rows_ = 1;
    first_row_ = time_.now();
}

void GroupCommit::write(SQLite::Statement& statement, std::size_t bytes) {
    begin();
    bytes_ += bytes;
    statement.exec();
    statement.reset();
}

void GroupCommit::commit() {
    if (rows_ == 0) return;
    database_.exec("COMMIT");
    rows_ = 0;
    bytes_ = 0;
}

bool GroupCommit::is_full() const {
    return rows_ >= group_rows || bytes_ >= group_bytes || time_.now() - first_row_ >= group_time;
}

}  // namespace rankpool::batch
