// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/rows/table.hpp"
#include "rankpool/batch/store/store.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rankpool::batch {

/// A file that grows with the run, line by line, for others to read meanwhile.
class LineFile {
  public:
    /// Makes it, or goes on with one that is there. Throws InputError where it cannot be written.
    LineFile(std::string name, bool goes_on);

    /// Throws StoreError where there is no room.
    void write(std::string const& line);
    [[nodiscard]] bool is_empty() const;

  private:
    std::string name_;
    UniqueFd file_;
};

/// `--joblog`: a line for each row that has ended, in GNU parallel's columns.
class JobLog {
  public:
    JobLog(std::string const& name, bool goes_on);
    void note(Attempt const& attempt);

  private:
    LineFile file_;
};

/// `--failures`: the rows that have failed as a CSV file that can be an input again, or a file of commands,
/// with the reason before each as a comment. It is there when the run has ended.
class FailedRows {
  public:
    FailedRows(std::string name, std::vector<std::string> columns);
    /// Keeps the fields as they were read; the store may have numbers of them.
    void note(std::int64_t task, std::vector<std::string> const& fields);
    /// Writes all that have failed by the store: this session may have ended before it came to those of
    /// earlier ones. Throws StoreError where it cannot be written.
    void write(Store& store) const;

  private:
    std::string name_;
    std::vector<std::string> columns_;
    std::map<std::int64_t, std::string> lines_;
};

}  // namespace rankpool::batch
