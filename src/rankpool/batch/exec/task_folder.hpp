// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace rankpool::batch {

/// A folder in which one command works, beside the place where it is to be: it goes there when all is well,
/// in one step. Else it stays, as `<place>.task-<number>-<attempt>`, for people to look at. What has stood at
/// the place before is kept as `<place>.before-<n>`.
class TaskFolder {
  public:
    /// Makes it, empty. Throws Error.
    TaskFolder(std::filesystem::path place, std::int64_t task, unsigned attempt);

    [[nodiscard]] std::string path() const { return scratch_.string(); }
    /// Throws Error where it cannot go to its place.
    void put_into_place() const;

  private:
    std::filesystem::path place_;
    std::filesystem::path scratch_;
};

}  // namespace rankpool::batch
