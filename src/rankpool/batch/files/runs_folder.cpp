// SPDX-License-Identifier: MIT
#include "rankpool/batch/files/runs_folder.hpp"

#include "rankpool/batch/files/input_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

namespace fs = std::filesystem;

namespace rankpool::batch {
namespace {

[[noreturn]] void refuse(std::string const& what, std::string const& why) {
    throw InputError("cannot " + what + " (" + why + "). Name another with --run-dir?");
}
[[noreturn]] void refuse(std::string const& what, int error) {
    refuse(what, std::generic_category().message(error));
}

bool is_own(struct stat const& file) {
    return file.st_uid == ::geteuid();
}

/// The system's own are good as well.
void check_owner(struct stat const& file) {
    if (is_own(file) || file.st_uid == 0) return;
    refuse(std::string{"use the folder "} + RunsFolder::name, "it belongs to another user");
}

std::string script_of(std::string const& run) {
    return run + ".sbatch";
}

}  // namespace

RunsFolder::RunsFolder(Missing missing) {
    // Whatever the umask says, not for all to write in.
    constexpr mode_t mode = 0775;
    bool const is_new = missing == Missing::is_made && ::mkdir(name, mode) == 0;
    if (missing == Missing::is_made && !is_new && errno != EEXIST) {
        refuse(std::string{"make the folder "} + name, errno);
    }
    struct stat found {};
    if (::lstat(name, &found) == 0 && !is_new) check_owner(found);
    folder_ = UniqueFd{::open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder_ && errno == ENOENT && missing == Missing::is_empty) return;
    if (!folder_) refuse(std::string{"use the folder "} + name, errno);
    // A link's target. One that was made just now may be somebody's only where the file system says so of
    // all.
    if (::fstat(folder_.get(), &found) == 0 && !is_new) check_owner(found);
}

bool RunsFolder::has(std::string const& run) const {
    return folder_ && (is_there(run) || is_there(script_of(run)));
}

bool RunsFolder::reserve(std::string const& run) const {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    auto const script = script_of(run);
    if (is_there(run)) return false;
    UniqueFd const made{::openat(folder_.get(), script.c_str(), flags, 0666)};
    if (!made && errno != EEXIST) refuse(std::string{"make the batch script "} + name + "/" + script, errno);
    if (!made) return false;
    // Whoever makes the folder looks for the script afterwards.
    if (!is_there(run)) return true;
    ::unlinkat(folder_.get(), script.c_str(), 0);
    return false;
}

bool RunsFolder::is_there(std::string const& file) const {
    struct stat found {};
    return ::fstatat(folder_.get(), file.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
}

UniqueFd RunsFolder::make(std::string const& run) const {
    constexpr mode_t as_umask_says = 0777;
    auto const path = std::string{name} + "/" + run;
    if (::mkdirat(folder_.get(), run.c_str(), as_umask_says) != 0) {
        if (errno == EEXIST) return {};
        refuse("make the run directory " + path, errno);
    }
    if (is_there(script_of(run))) {
        // That job will make it.
        ::unlinkat(folder_.get(), run.c_str(), AT_REMOVEDIR);
        return {};
    }
    UniqueFd made{::openat(folder_.get(), run.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!made) refuse("use the run directory " + path, errno);
    return made;
}

std::vector<std::string> RunsFolder::own_runs() const {
    std::vector<std::string> runs;
    std::error_code error;
    if (!folder_) return runs;
    for (fs::directory_iterator at{name, error}, end; !error && at != end; at.increment(error)) {
        auto run = at->path().filename().string();
        struct stat found {};
        auto const is_mine = [&](std::string const& file) {
            return ::fstatat(folder_.get(), file.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && is_own(found);
        };
        if (!is_mine(run) || !S_ISDIR(found.st_mode)) continue;
        if (is_mine(run + "/results.sqlite") && S_ISREG(found.st_mode)) runs.push_back(std::move(run));
    }
    if (error) refuse(std::string{"look through the folder "} + name, error.message());
    return runs;
}

}  // namespace rankpool::batch
