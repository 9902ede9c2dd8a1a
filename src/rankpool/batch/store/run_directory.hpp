// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/atomic_file.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace rankpool::batch {

/// The folder of one run: `results.sqlite`, `status.json`, `run.log` and `report.html`. Once it has been made
/// or opened, what is written goes into that very folder, whatever its name leads to later, and nothing that
/// somebody has put there is written through.
class RunDirectory {
  public:
    /// One that a person has named.
    explicit RunDirectory(std::filesystem::path path);

    /// Makes `runs/<job>-<date>-<time>[-<slurm job id>]`, with another number where that is taken: of runs
    /// that start at the same moment each has its own. Throws InputError, also where `runs` is somebody
    /// else's.
    static RunDirectory fresh(std::string const& job);
    /// The name that `fresh` would give it now.
    static std::filesystem::path next_name(std::string const& job);
    /// The same for a run that is submitted, which nobody else gets from now on.
    static std::filesystem::path reserve_name(std::string const& job);
    /// Where it comes to no submission after all.
    static void give_back_name(std::filesystem::path const& run);
    /// The run of the job in `runs` that was started last, by what the runs themselves have recorded: of
    /// those with this seed, see RunRecord, or else of all. Those of other users are none. Throws InputError
    /// where there is none.
    static RunDirectory newest(std::string const& job, std::uint64_t seed);

    /// Makes the folder where there is none, and opens it. Throws InputError.
    void make();
    /// Throws InputError where there is none.
    void open();
    /// Lets `latest` beside it lead to it, where it is in a folder `runs`.
    void become_latest() const;
    /// Removes the folder if nothing is in it.
    void remove_if_empty() const;

    [[nodiscard]] std::filesystem::path const& path() const { return path_; }
    [[nodiscard]] std::filesystem::path database() const;
    [[nodiscard]] std::filesystem::path status() const { return path_ / "status.json"; }
    /// What the command of a task has written, while it runs for long.
    [[nodiscard]] std::filesystem::path running(std::int64_t task) const {
        return path_ / "running" / std::to_string(task);
    }
    /// Of files that have lost their place to those of other tasks.
    [[nodiscard]] std::filesystem::path moved() const { return path_ / "moved"; }
    [[nodiscard]] std::filesystem::path report() const { return path_ / "report.html"; }

    /// Replaces a file of the folder, which is open, as a whole. Throws FileError.
    void write(std::filesystem::path const& file, std::string_view content,
               AtomicFile::Durability durability) const;
    /// Adds a line with the time to `run.log`, as far as there is room.
    void log(std::string_view line) const;

  private:
    RunDirectory(std::filesystem::path path, UniqueFd folder);

    std::filesystem::path path_;
    UniqueFd folder_;
};

}  // namespace rankpool::batch
