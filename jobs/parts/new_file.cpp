// SPDX-License-Identifier: MIT
#include "jobs/parts/new_file.hpp"

#include "rankpool/batch/job.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace fs = std::filesystem;

namespace jobs {

NewFile::NewFile(fs::path const& path) : path_(path) {
    std::error_code ignored;
    if (fs::is_symlink(path, ignored)) path_ = fs::weakly_canonical(path, ignored);
    if (fs::is_directory(path_, ignored)) {
        errno = EISDIR;
        fail("make");
    }
    if (fs::exists(path_, ignored) && !fs::is_regular_file(path_, ignored)) {
        file_.reset(std::fopen(path_.c_str(), "w"));
    } else {
        temporary_ = path_.string() + ".new-" + std::to_string(::getpid());
        file_.reset(std::fopen(temporary_.c_str(), "wx"));
    }
    if (!file_) fail("make");
}

NewFile::~NewFile() {
    if (!file_ || is_device()) return;
    std::error_code ignored;
    fs::remove(temporary_, ignored);
}

void NewFile::write(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) fail("write");
}

void NewFile::commit() {
    if (std::fflush(file_.get()) != 0) fail("write");
    if (!is_device()) {
        if (::fsync(::fileno(file_.get())) != 0) fail("write");
        if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail("make");
    }
    file_.reset();
}

void NewFile::fail(char const* what) const {
    throw rankpool::batch::InputError("cannot " + std::string{what} + " the file " + path_.string() + " (" +
                                      std::strerror(errno) + "). Is there such a folder, and room in it?");
}

}  // namespace jobs
