// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/database_files.hpp"

#include "rankpool/batch/files/input_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;

namespace rankpool::batch {
namespace {

[[noreturn]] void refuse(fs::path const& file, int error) {
    refuse_database(file, std::strerror(error), "Is there such a file, and may it be read?");
}

/// Closes what it holds.
class Descriptor {
  public:
    Descriptor(fs::path const& file, int flags)
        : fd_(::open(file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)) {
        if (fd_ < 0) refuse(file, errno);
    }
    Descriptor(Descriptor const&) = delete;
    Descriptor& operator=(Descriptor const&) = delete;
    ~Descriptor() { ::close(fd_); }
    operator int() const { return fd_; }

  private:
    int fd_;
};

void copy_file(fs::path const& from, fs::path const& to, std::uintmax_t size) {
    Descriptor const in{from, O_RDONLY};
    Descriptor const out{to, O_WRONLY | O_CREAT | O_EXCL};
    std::vector<char> piece(1 << 20);
    for (std::uintmax_t left = size; left > 0;) {
        auto const count = ::read(in, piece.data(), std::min<std::uintmax_t>(left, piece.size()));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) refuse(from, errno);
        if (count == 0) return;  // it has become shorter, which is noticed
        for (ssize_t done = 0; done < count;) {
            auto const written = ::write(out, piece.data() + done, static_cast<std::size_t>(count - done));
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) {
                throw InputError("cannot copy " + from.string() + " to look at it (" + to.string() + ": " +
                                 std::strerror(errno) + "). Set TMPDIR to a folder with room?");
            }
            done += written;
        }
        left -= static_cast<std::uintmax_t>(count);
    }
}

std::uint32_t big_endian(unsigned char const* bytes) {
    return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U | std::uint32_t{bytes[2]} << 8U |
           std::uint32_t{bytes[3]};
}

}  // namespace

void refuse_database(fs::path const& file, std::string const& why, char const* suggestion) {
    throw InputError("cannot use " + file.string() + " (" + why + "). " + suggestion);
}

DatabaseFiles::DatabaseFiles(fs::path file) : name_(std::move(file)) {
    std::error_code error;
    auto const folder = name_.parent_path();
    main_ = fs::canonical(folder.empty() ? "." : folder, error) / name_.filename();
    if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return;
    if (error) refuse(name_, error.value());
    for (std::size_t i = 0; i < suffixes.size(); ++i) {
        struct stat info {};
        if (::lstat(at(i).c_str(), &info) != 0) {
            if (errno == ENOENT) continue;
            refuse(at(i), errno);
        }
        if (!S_ISREG(info.st_mode)) {
            refuse_database(at(i), S_ISLNK(info.st_mode) ? "it is a link" : "it is no plain file",
                            "Name the folder in which the run was?");
        }
        if (i > 0 && info.st_nlink > 1) {
            refuse_database(at(i), "it is a file elsewhere, too",
                            "Remove it, if the run in its folder has ended well?");
        }
        if (i == 0) exist_ = true;
        sizes_[i] = static_cast<std::uintmax_t>(info.st_size);
        changed_[i] = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
    }
    if (exist_) read_header();
}

fs::path DatabaseFiles::at(std::size_t which) const {
    return main_.string() + suffixes.at(which);
}

/// https://www.sqlite.org/fileformat.html, section 1.3.
void DatabaseFiles::read_header() {
    constexpr std::string_view title{"SQLite format 3\0", 16};
    std::array<unsigned char, 100> header{};
    Descriptor const in{main_, O_RDONLY};
    auto const count = ::pread(in, header.data(), header.size(), 0);
    if (count < 0) refuse(name_, errno);
    is_database_ = count == header.size() && std::memcmp(header.data(), title.data(), title.size()) == 0;
    is_logged_ = is_database_ && (header[18] == 2 || header[19] == 2);
    application_ = is_database_ ? big_endian(&header[68]) : 0;
}

std::uintmax_t DatabaseFiles::size() const {
    return sizes_[0] + sizes_[1] + sizes_[2];
}

void DatabaseFiles::check_journal() const {
    // What a journal ends with that names another one to be removed, as SQLite's readSuperJournal takes it.
    constexpr std::array<unsigned char, 8> magic{0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    if (sizes_[1] < 16) return;
    Descriptor const in{at(1), O_RDONLY};
    std::array<unsigned char, 8> end{};
    auto const count = ::pread(in, end.data(), end.size(), static_cast<off_t>(sizes_[1] - end.size()));
    if (count != static_cast<ssize_t>(end.size()) || end == magic) {
        refuse_database(at(1), "it names files elsewhere, as no run's does",
                        "Is the folder from somebody you trust?");
    }
}

bool DatabaseFiles::copy_to(fs::path const& folder) const {
    for (std::size_t i = 0; i < 3; ++i) {
        if (i == 0 || sizes_.at(i) > 0) copy_file(at(i), folder / at(i).filename(), sizes_.at(i));
    }
    DatabaseFiles const now{main_};
    return now.exist_ && use() == Use::none &&
           std::equal(sizes_.begin(), sizes_.begin() + 3, now.sizes_.begin()) &&
           std::equal(changed_.begin(), changed_.begin() + 3, now.changed_.begin());
}

DatabaseFiles::Use DatabaseFiles::use() const {
    // SQLite's lock bytes, which no database has data in.
    constexpr off_t pending_byte = 0x40000000;
    constexpr off_t lock_bytes = 512;
    Descriptor const in{main_, O_RDONLY};
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = pending_byte;
    lock.l_len = lock_bytes;
    if (::fcntl(in, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return Use::none;
    return lock.l_type == F_WRLCK ? Use::exclusive : Use::some;
}

void DatabaseFiles::remove(fs::path const& file) {
    for (auto const* suffix : suffixes) {
        std::string const name = file.string() + suffix;
        if (::unlink(name.c_str()) != 0 && errno != ENOENT) {
            throw InputError(
                "cannot remove " + name + " (" + std::strerror(errno) +
                "), what a start that came to nothing has left. Is the folder yours to write in?");
        }
    }
}

}  // namespace rankpool::batch
