// SPDX-License-Identifier: MIT
#include "rankpool/core/atomic_file.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <system_error>
#include <utility>

namespace fs = std::filesystem;

namespace rankpool {
namespace {

constexpr std::size_t buffered = 64 * 1024;
constexpr int most_links = 40;
constexpr mode_t permissions = 0777;
/// Some file systems have names of 143 bytes at most.
constexpr std::size_t part_of_name = 100;

UniqueFd open_folder(int at, fs::path const& path) {
    return UniqueFd{::openat(at, path.empty() ? "." : path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
}

/// Links of /proc lead to what is open, whatever its name says.
bool is_of_proc(int folder) {
    struct statfs info {};
    return ::fstatfs(folder, &info) == 0 && info.f_type == PROC_SUPER_MAGIC;
}

bool is_stdout(struct stat const& file) {
    struct stat out {};
    return ::fstat(STDOUT_FILENO, &out) == 0 && out.st_dev == file.st_dev && out.st_ino == file.st_ino;
}

std::string random_suffix() {
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) != sizeof number) number = static_cast<unsigned>(::getpid());
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), ".new-%016llx", static_cast<unsigned long long>(number));
    return text.data();
}

}  // namespace

AtomicFile::AtomicFile(fs::path const& path, Links links) : AtomicFile() {
    shown_ = path;
    if (find(path, links)) {
        open_as_it_is();
    } else {
        make_temporary();
    }
}

AtomicFile::AtomicFile(int folder, std::string name, fs::path shown) : AtomicFile() {
    shown_ = std::move(shown);
    name_ = std::move(name);
    folder_ = open_folder(folder, ".");
    if (!folder_) fail("make", errno);
    make_temporary();
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : shown_(std::move(other.shown_)),
      folder_(std::move(other.folder_)),
      name_(std::move(other.name_)),
      temporary_(std::exchange(other.temporary_, {})),
      file_(std::exchange(other.file_, -1)),
      buffer_(std::move(other.buffer_)) {}

AtomicFile::~AtomicFile() {
    if (file_ >= 0) ::close(file_);
    if (!temporary_.empty()) ::unlinkat(folder_.get(), temporary_.c_str(), 0);
}

void AtomicFile::check(fs::path const& path, Links links) {
    AtomicFile file;
    file.shown_ = path;
    if (!file.find(path, links)) return file.make_temporary();
    // It is not opened: the reader of a pipe would see its end.
    int const may = ::faccessat(file.folder_.get(), file.name_.c_str(), W_OK, AT_EACCESS);
    if (may != 0) file.fail("write", errno);
}

bool AtomicFile::find(fs::path path, Links links) {
    UniqueFd at = open_folder(AT_FDCWD, ".");
    for (int followed = 0; followed <= most_links; ++followed) {
        if (path.empty()) fail("make", ENOENT);
        if (!path.has_filename()) fail("make", EISDIR);
        folder_ = open_folder(at.get(), path.parent_path());
        name_ = path.filename().string();
        if (!folder_) fail("make", errno);
        struct stat found {};
        if (::fstatat(folder_.get(), name_.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno != ENOENT) fail("make", errno);
            return false;
        }
        if (S_ISDIR(found.st_mode)) fail("make", EISDIR);
        if (links == Links::replaced || S_ISREG(found.st_mode)) return false;
        if (!S_ISLNK(found.st_mode) || is_of_proc(folder_.get())) return true;
        path = target(found);
        at = open_folder(folder_.get(), ".");
    }
    fail("make", ELOOP);
}

fs::path AtomicFile::target(struct stat const& link) const {
    // The rule of the kernel's protected_symlinks: in a folder where all may make files, only one's own
    // links.
    struct stat folder {};
    if (::fstat(folder_.get(), &folder) != 0) fail("make", errno);
    bool const is_for_all = (folder.st_mode & S_ISVTX) != 0 && (folder.st_mode & S_IWOTH) != 0;
    if (is_for_all && link.st_uid != ::geteuid() && link.st_uid != folder.st_uid) fail("make", EACCES);
    std::string text(PATH_MAX, '\0');
    auto const size = ::readlinkat(folder_.get(), name_.c_str(), text.data(), text.size());
    if (size < 0) fail("make", errno);
    return text.substr(0, static_cast<std::size_t>(size));
}

void AtomicFile::make_temporary() {
    struct stat old {};
    bool const replaces =
        ::fstatat(folder_.get(), name_.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(old.st_mode);
    do {
        temporary_ = name_.substr(0, part_of_name) + random_suffix();
        constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        file_ = ::openat(folder_.get(), temporary_.c_str(), flags, 0666);
    } while (file_ < 0 && errno == EEXIST);
    if (file_ < 0) {
        int const error = errno;
        temporary_.clear();
        fail("make", error);
    }
    // Where the file system has permissions.
    if (replaces) (void)!::fchmod(file_, old.st_mode & permissions);
}

void AtomicFile::open_as_it_is() {
    struct stat found {};
    bool const is_own_output = ::fstatat(folder_.get(), name_.c_str(), &found, 0) == 0 && is_stdout(found);
    // Both then go on where the other has ended.
    file_ = is_own_output
                ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                : ::openat(folder_.get(), name_.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC);
    if (file_ < 0) fail("write", errno);
}

void AtomicFile::write(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.size() >= buffered) flush();
}

void AtomicFile::flush() {
    std::string_view rest{buffer_};
    while (!rest.empty()) {
        auto const written = ::write(file_, rest.data(), rest.size());
        if (written < 0 && errno != EINTR) fail("write", errno);
        if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
}

void AtomicFile::commit(Durability durability) {
    flush();
    bool const syncs = !temporary_.empty() && durability == Durability::synced;
    if (syncs && ::fsync(file_) != 0) fail("write", errno);
    // What a network file system has no room for, it may tell now.
    if (::close(std::exchange(file_, -1)) != 0 && errno != EINTR) fail("write", errno);
    if (temporary_.empty()) return;
    if (::renameat(folder_.get(), temporary_.c_str(), folder_.get(), name_.c_str()) != 0) fail("make", errno);
    temporary_.clear();
    if (syncs) sync_folder();
}

void AtomicFile::sync_folder() const {
    // One that may not be read cannot be synced, nor can those of some file systems.
    UniqueFd const folder{::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder && ::fsync(folder.get()) != 0 && errno != EINVAL) fail("write", errno);
}

void AtomicFile::fail(char const* what, int error) const {
    throw FileError("cannot " + std::string{what} + " the file " + shown_.string() + " (" +
                    std::generic_category().message(error) + "). Is there such a folder, and room in it?");
}

}  // namespace rankpool
