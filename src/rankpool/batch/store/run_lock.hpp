// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/files/input_error.hpp"

#include <filesystem>

namespace rankpool::batch {

/// A run is at work in the folder.
class RunAtWork : public InputError {
  public:
    using InputError::InputError;
};

/// Tells a run that is at work in a folder from one that has died: a lock on the file `run.lock` there, which
/// vanishes with its process, on any machine that has the folder. Where the file system has no locks it is
/// only SQLite that notices a second run.
class RunLock {
  public:
    /// Throws RunAtWork where another run has the lock; within a Slurm job, where an earlier start may still
    /// be on its way out, only after a while, and then DatabaseBusy, as it does where somebody who only reads
    /// has locked the file. StoreError or InputError where there can be no such file.
    explicit RunLock(std::filesystem::path const& folder);
    RunLock(RunLock const&) = delete;
    RunLock& operator=(RunLock const&) = delete;
    /// Removes the file.
    ~RunLock();

    /// True while a run is at work in the folder.
    static bool is_held(std::filesystem::path const& folder);

  private:
    bool take();
    [[nodiscard]] bool is_its_file() const;

    std::filesystem::path file_;
    int fd_ = -1;
};

}  // namespace rankpool::batch
