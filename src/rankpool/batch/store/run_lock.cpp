// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/run_lock.hpp"

#include "rankpool/batch/files/stop_signals.hpp"
#include "rankpool/batch/files/store_error.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/core/job_environment.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

/// Longer than a network file system holds the locks of a machine that is gone.
constexpr auto patience_of_jobs = 100s;
constexpr int most_rounds = 1000;

struct flock whole_file(short type) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_len = 1;
    return lock;
}

/// The lock that stands in the way, if one does: of a run, which writes, or of somebody who only reads.
short lock_in_the_way(int fd) {
    auto lock = whole_file(F_WRLCK);
    return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 ? lock.l_type : short{F_UNLCK};
}

[[noreturn]] void refuse_file(std::filesystem::path const& file, int error) {
    std::string const problem = "cannot make " + file.string() + " (" + std::strerror(error) + "). ";
    switch (error) {
        case ENOSPC:
        case EDQUOT:
        case EIO:
        case ENOMEM:
        case ENFILE:
        case EMFILE:
            throw StoreError(problem + "Make room, then run again with --resume?");
        case EACCES:
        case EPERM:
            throw InputError(problem +
                             "Is the folder yours to write in? A file of that name that somebody else's "
                             "run has left may be removed.");
        default:
            throw InputError(problem + "Name another folder with --run-dir?");
    }
}

[[noreturn]] void refuse_held(std::filesystem::path const& file, short type, bool has_waited) {
    std::string const folder = file.parent_path().string();
    if (type == F_RDLCK) {
        throw DatabaseBusy("cannot use " + folder + " (another program has locked " + file.string() +
                           " for reading). Run again with --resume when it has ended?");
    }
    std::string const problem = "cannot use " + folder + " (a run is at work in it). ";
    if (has_waited) throw DatabaseBusy(problem + "Run again with --resume when it has ended?");
    throw RunAtWork(problem + "Wait for its end, or see rankpool status?");
}

}  // namespace

RunLock::RunLock(std::filesystem::path const& folder) : file_(folder / "run.lock") {
    bool const waits = batch_job().has_value();
    auto const deadline = Deadline::after(waits ? patience_of_jobs : 0s);
    for (int round = 0; !take(); ++round) {
        short const type = lock_in_the_way(fd_);
        ::close(fd_);
        bool const enough = deadline.passed() || StopSignals::requested() != StopRequest::none;
        if ((type != F_UNLCK && enough) || round == most_rounds) refuse_held(file_, type, waits);
        if (type != F_UNLCK) std::this_thread::sleep_for(200ms);
    }
}

/// False where another has the lock, or has just removed the file.
bool RunLock::take() {
    fd_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (fd_ < 0) refuse_file(file_, errno);
    auto lock = whole_file(F_WRLCK);
    if (::fcntl(fd_, F_OFD_SETLK, &lock) == 0) return is_its_file();
    return errno != EAGAIN && errno != EACCES;
}

bool RunLock::is_its_file() const {
    struct stat mine {};
    struct stat there {};
    return ::fstat(fd_, &mine) == 0 && ::lstat(file_.c_str(), &there) == 0 && mine.st_dev == there.st_dev &&
           mine.st_ino == there.st_ino;
}

RunLock::~RunLock() {
    // Before the lock is let go: who has it then sees that the file is not there any more.
    if (is_its_file()) ::unlink(file_.c_str());
    ::close(fd_);
}

bool RunLock::is_held(std::filesystem::path const& folder) {
    int const fd = ::open((folder / "run.lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return false;
    bool const is_held = lock_in_the_way(fd) == F_WRLCK;
    ::close(fd);
    return is_held;
}

}  // namespace rankpool::batch
