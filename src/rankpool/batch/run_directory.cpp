// SPDX-License-Identifier: MIT
#include "rankpool/batch/run_directory.hpp"

#include "rankpool/batch/input_error.hpp"
#include "rankpool/batch/quantity.hpp"
#include "rankpool/core/printable.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

namespace fs = std::filesystem;

namespace rankpool::batch {
namespace {

constexpr auto folder = "runs";

void point_latest_to(fs::path const& run) {
    auto const parent = run.parent_path();
    if (parent.filename() != folder) return;
    std::error_code ignored;
    auto const link = parent / "latest";
    auto const fresh = parent / ".latest.new";
    fs::remove(fresh, ignored);
    fs::create_directory_symlink(run.filename(), fresh, ignored);
    if (!ignored) fs::rename(fresh, link, ignored);
}

}  // namespace

RunDirectory RunDirectory::fresh(std::string const& job) {
    auto name = fmt::format("{}-{:%Y%m%d-%H%M%S}", job, fmt::localtime(std::time(nullptr)));
    if (char const* id = std::getenv("SLURM_JOB_ID")) name += std::string{"-"} + id;
    fs::path path = fs::path{folder} / name;
    for (int number = 2; fs::exists(path); ++number)
        path = fs::path{folder} / fmt::format("{}.{}", name, number);
    return RunDirectory{path};
}

RunDirectory RunDirectory::newest(std::string const& job) {
    fs::path newest;
    std::error_code error;
    for (auto const& entry : fs::directory_iterator{folder, error}) {
        auto const name = entry.path().filename().string();
        bool const is_its = entry.is_directory() && !entry.is_symlink() && name.starts_with(job + "-") &&
                            fs::exists(entry.path() / "results.sqlite");
        if (is_its && entry.path() > newest) newest = entry.path();
    }
    if (newest.empty()) {
        throw InputError("cannot resume " + job + " (there is no run of it in the folder " + folder +
                         "). Name one with --run-dir?");
    }
    return RunDirectory{newest};
}

void RunDirectory::make() const {
    std::error_code error;
    fs::create_directories(path_, error);
    if (error || !fs::is_directory(path_)) {
        throw InputError("cannot make the run directory " + path_.string() + " (" +
                         (error ? error.message() : "it is a file") + "). Name another with --run-dir?");
    }
    point_latest_to(path_);
}

void RunDirectory::log(std::string const& line) const {
    std::ofstream{path_ / "run.log", std::ios::app} << time_text(now_seconds()) << "  " << printable(line)
                                                    << '\n';
}

}  // namespace rankpool::batch
