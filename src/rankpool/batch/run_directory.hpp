// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace rankpool::batch {

/// The folder of one run: `results.sqlite`, `status.json`, `run.log` and `report.html`.
class RunDirectory {
  public:
    explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}

    /// `runs/<job>-<date>-<time>[-<slurm job id>]`, with another number where that is taken.
    static RunDirectory fresh(std::string const& job);
    /// The newest run of the job in `runs`. Throws InputError where there is none.
    static RunDirectory newest(std::string const& job);

    /// Makes the folder, and lets `runs/latest` beside it point to it where it is in a folder `runs`. Throws
    /// InputError where it cannot be made.
    void make() const;

    [[nodiscard]] std::filesystem::path const& path() const { return path_; }
    [[nodiscard]] std::filesystem::path database() const { return path_ / "results.sqlite"; }
    [[nodiscard]] std::filesystem::path status() const { return path_ / "status.json"; }
    [[nodiscard]] std::filesystem::path report() const { return path_ / "report.html"; }

    /// Adds a line with the time to `run.log`, as far as there is room.
    void log(std::string const& line) const;

  private:
    std::filesystem::path path_;
};

}  // namespace rankpool::batch
