// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/store/claim.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rankpool::batch {

/// The files of `--output-dir` that are named by tasks, in a resumed run: they go along with their rows.
/// Those of a row that loses its place are put aside under its key, before the database knows of it, and have
/// their new names when the database knows that place: whenever the run dies, it is seen whose they are.
/// Those of a row that does not come any more stay aside until it does. In the main worker. All but the first
/// throw StoreError where a file cannot be moved.
class MovedFiles {
  public:
    enum class Row {
        stays,  ///< has its files from before
        runs,   ///< will write others
    };

    /// `aside` need not be there.
    MovedFiles(std::filesystem::path folder, std::filesystem::path aside);

    /// The row was this task, and is so no more.
    void put_aside(std::int64_t task, InputKey const& key);
    /// The row is this task now, which may not be on the disk yet.
    void take(std::int64_t task, InputKey const& key, Row row);
    /// The task has ended: its files from before are let go, if it has written others.
    void forget(std::int64_t task);
    /// What was taken is on the disk.
    void settle();
    /// The same, and no more commands run.
    void end();

  private:
    /// Without .out and .err.
    [[nodiscard]] std::filesystem::path place_of(std::int64_t task) const;
    [[nodiscard]] std::filesystem::path place_aside(InputKey const& key, std::int64_t task) const;

    std::filesystem::path folder_;
    std::filesystem::path aside_;
    std::map<InputKey, std::set<std::int64_t>> waiting_;  ///< the tasks that rows were whose files are aside
    std::vector<std::pair<std::filesystem::path, std::int64_t>> due_;  ///< to be put in their places
    std::map<std::int64_t, std::filesystem::path> running_;  ///< the same of tasks that may run first
};

}  // namespace rankpool::batch
