// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/live_file.hpp"

#include "rankpool/core/stream_write.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace rankpool::batch {
namespace {

constexpr std::size_t most_before = std::size_t{64} << 10;
constexpr std::size_t most_written = std::size_t{16} << 20;
constexpr std::string_view words_when_full = "\n(what follows is shown when it has ended)\n";

/// A new file; one that a worker has left which was killed is removed before. Nothing where there is no
/// folder or somebody else has put something there.
UniqueFd open_new(std::filesystem::path const& path) {
    UniqueFd const folder{::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!folder) return {};
    auto const name = path.filename();
    ::unlinkat(folder.get(), name.c_str(), 0);
    constexpr int how = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    return UniqueFd{::openat(folder.get(), name.c_str(), how, 0666)};
}

}  // namespace

LiveFile::~LiveFile() {
    if (file_) ::unlink(path_.c_str());
}

void LiveFile::add(std::string_view text) {
    if (file_) return write(text);
    held_ += text;
    if (held_.size() > 2 * most_before) held_.erase(0, held_.size() - most_before);
}

void LiveFile::look() {
    if (file_) return;
    file_ = open_new(path_);
    if (file_) write(std::exchange(held_, {}));
}

void LiveFile::write(std::string_view text) {
    if (written_ > most_written) return;
    written_ += text.size();
    bool const is_full = written_ > most_written;
    if (write_all(file_.get(), text) != 0) written_ = most_written + 1;
    if (is_full) (void)write_all(file_.get(), words_when_full);
}

}  // namespace rankpool::batch
