// SPDX-License-Identifier: MIT
#include "rankpool/pool/spool.hpp"

#include "rankpool/core/error.hpp"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace rankpool::pool {
namespace {

UniqueFd open_file() {
    char const* const given = std::getenv("TMPDIR");
    std::string const folder = given && *given ? given : "/tmp";
    UniqueFd file{::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    if (file) return file;
    // Not every file system has files without names.
    std::string name = folder + "/rankpool-XXXXXX";
    UniqueFd named{::mkostemp(name.data(), O_CLOEXEC)};
    if (named) ::unlink(name.c_str());
    return named;
}

/// A file beyond the limit would cost the process a signal.
bool may_reach(std::uint64_t size) {
    rlimit limit{};
    return ::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
           size <= limit.rlim_cur;
}

}  // namespace

std::optional<Spool::Piece> Spool::put(std::span<std::byte const> bytes) {
    if (!file_) file_ = open_file();
    if (!file_ || !may_reach(end_ + bytes.size())) return std::nullopt;
    for (std::size_t done = 0; done < bytes.size();) {
        ssize_t const wrote =
            ::pwrite(file_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(end_ + done));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return std::nullopt;
        done += static_cast<std::size_t>(wrote);
    }
    Piece const piece{end_, bytes.size()};
    end_ += bytes.size();
    ++pieces_;
    return piece;
}

Buffer Spool::take(Piece const& piece) {
    Buffer bytes{piece.size};
    for (std::size_t done = 0; done < bytes.size();) {
        ssize_t const got = ::pread(file_.get(), bytes.data() + done, bytes.size() - done,
                                    static_cast<off_t>(piece.offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            throw Error("cannot read back a result that waited on disk (" +
                        std::string{got < 0 ? std::strerror(errno) : "its file is too short"} + ")");
        }
        done += static_cast<std::size_t>(got);
    }
    if (--pieces_ == 0) {
        end_ = 0;
        (void)!::ftruncate(file_.get(), 0);
    } else {
        // Gives the disk its room back where it can; else that comes with the last piece.
        (void)::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                          static_cast<off_t>(piece.offset), static_cast<off_t>(piece.size));
    }
    return bytes;
}

}  // namespace rankpool::pool
