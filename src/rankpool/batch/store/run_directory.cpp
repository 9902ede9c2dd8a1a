// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/run_directory.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/files/runs_folder.hpp"
#include "rankpool/batch/store/run_identity.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/core/job_environment.hpp"
#include "rankpool/core/printable.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

namespace fs = std::filesystem;

namespace rankpool::batch {
namespace {

constexpr auto latest = "latest";

[[noreturn]] void refuse(char const* what, fs::path const& path, std::string const& why) {
    throw InputError(std::string{"cannot "} + what + " the run directory " + path.string() + " (" + why +
                     "). Name another with --run-dir?");
}

std::string name_now(std::string const& job) {
    auto name = fmt::format("{}-{:%Y%m%d-%H%M%S}", job, fmt::localtime(std::time(nullptr)));
    auto const id = batch_job().value_or("");
    bool const is_number = !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
    return is_number ? name + "-" + id : name;
}

std::string numbered(std::string const& name, int number) {
    return number == 1 ? name : fmt::format("{}.{}", name, number);
}

fs::path path_of(std::string const& run) {
    return fs::path{RunsFolder::name} / run;
}

}  // namespace

RunDirectory::RunDirectory(fs::path path)
    : path_(path.has_filename() ? std::move(path) : path.parent_path()) {}

RunDirectory::RunDirectory(fs::path path, UniqueFd folder)
    : path_(std::move(path)), folder_(std::move(folder)) {}

RunDirectory RunDirectory::fresh(std::string const& job) {
    RunsFolder const runs{RunsFolder::Missing::is_made};
    auto const name = name_now(job);
    for (int number = 1;; ++number) {
        auto const run = numbered(name, number);
        if (auto made = runs.make(run)) return {path_of(run), std::move(made)};
    }
}

fs::path RunDirectory::next_name(std::string const& job) {
    RunsFolder const runs{RunsFolder::Missing::is_empty};
    auto const name = name_now(job);
    int number = 1;
    while (runs.has(numbered(name, number))) ++number;
    return path_of(numbered(name, number));
}

fs::path RunDirectory::reserve_name(std::string const& job) {
    RunsFolder const runs{RunsFolder::Missing::is_made};
    auto const name = name_now(job);
    int number = 1;
    while (!runs.reserve(numbered(name, number))) ++number;
    return path_of(numbered(name, number));
}

void RunDirectory::give_back_name(fs::path const& run) {
    std::error_code ignored;
    fs::remove(run.string() + ".sbatch", ignored);
}

RunDirectory RunDirectory::newest(std::string const& job, std::uint64_t seed) {
    fs::path newest;
    std::pair<bool, double> best;  // whether it is the same, and when it was started
    for (auto const& run : RunsFolder{RunsFolder::Missing::is_empty}.own_runs()) {
        auto const found = identify_run(path_of(run));
        if (!found || found->job != job) continue;
        std::pair const place{found->seed == seed, found->started};
        if (!newest.empty() && place <= best) continue;
        newest = path_of(run);
        best = place;
    }
    if (newest.empty()) {
        throw InputError("cannot resume " + job + " (there is no run of it in the folder " +
                         RunsFolder::name + "). Name one with --run-dir?");
    }
    return RunDirectory{newest};
}

void RunDirectory::make() {
    std::error_code error;
    fs::create_directories(path_, error);
    // It may be there already.
    folder_ = UniqueFd{::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!folder_) refuse("make", path_, error ? error.message() : std::generic_category().message(errno));
}

void RunDirectory::open() {
    folder_ = UniqueFd{::open(path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!folder_) refuse("use", path_, std::generic_category().message(errno));
}

void RunDirectory::become_latest() const {
    auto const parent = path_.parent_path();
    if (parent.filename() != RunsFolder::name || path_.filename() == latest) return;
    UniqueFd const runs{::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    // A name of its own, since other runs may be starting.
    auto const link = fmt::format(".{}-{}", latest, path_.filename().string());
    if (!runs || ::symlinkat(path_.filename().c_str(), runs.get(), link.c_str()) != 0) return;
    if (::renameat(runs.get(), link.c_str(), runs.get(), latest) != 0)
        ::unlinkat(runs.get(), link.c_str(), 0);
}

void RunDirectory::remove_if_empty() const {
    ::rmdir(path_.c_str());
}

fs::path RunDirectory::database() const {
    // A name that begins with `file:` is something else to SQLite.
    bool const looks_otherwise = path_.native().starts_with("file:");
    return (looks_otherwise ? "." / path_ : path_) / "results.sqlite";
}

void RunDirectory::write(fs::path const& file, std::string_view content,
                         AtomicFile::Durability durability) const {
    AtomicFile fresh{folder_.get(), file.filename().string(), file};
    fresh.write(content);
    fresh.commit(durability);
}

void RunDirectory::log(std::string_view line) const {
    // No link, and no pipe that nobody reads.
    constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    UniqueFd const file{::openat(folder_.get(), "run.log", flags, 0666)};
    struct stat found {};
    if (!file || ::fstat(file.get(), &found) != 0 || !S_ISREG(found.st_mode)) return;
    auto const text = time_text(now_seconds()) + "  " + printable(line) + "\n";
    (void)!::write(file.get(), text.data(), text.size());
}

}  // namespace rankpool::batch
