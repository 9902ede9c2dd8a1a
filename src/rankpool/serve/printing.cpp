// SPDX-License-Identifier: MIT
#include "rankpool/serve/printing.hpp"

#include "rankpool/core/stream_write.hpp"

#include <ext/stdio_sync_filebuf.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string_view>
#include <utility>

namespace rankpool::worker {
namespace {

std::array<char, std::size_t{64} * 1024> line_room;

using Tag = std::function<std::string()>;

/// The lines that are written to one descriptor.
class TaggedLines {
  public:
    TaggedLines(int fd, Tag const& tag) : fd_(fd), tag_(tag) {}

    /// Returns how much of the text has been taken; 0 with errno where it cannot be written.
    ssize_t take(std::string_view text) {
        line_ += text;
        std::size_t const end = line_.rfind('\n') + 1;
        if (end == 0) return static_cast<ssize_t>(text.size());
        std::string const whole = with_tags(std::string_view{line_}.substr(0, end));
        line_.erase(0, end);
        errno = write_all(fd_, whole);
        return errno == 0 ? static_cast<ssize_t>(text.size()) : 0;
    }
    /// What is left has no end of its own.
    void finish() {
        if (!line_.empty()) take("\n");
    }

  private:
    [[nodiscard]] std::string with_tags(std::string_view lines) const {
        std::string const tag = tag_();
        std::string tagged;
        while (!lines.empty()) {
            std::size_t const end = lines.find('\n') + 1;
            tagged.append(tag).append(lines.substr(0, end));
            lines.remove_prefix(end);
        }
        return tagged;
    }

    int fd_;
    Tag const& tag_;
    std::string line_;
};

/// A stream like `original` whose lines are tagged.
std::FILE* open_tagged(TaggedLines& lines, std::FILE* original, int buffering) {
    cookie_io_functions_t const functions{
        .read = nullptr,
        .write = [](void* cookie, char const* text, std::size_t size) -> ssize_t {
            return static_cast<TaggedLines*>(cookie)->take({text, size});
        },
        .seek = nullptr,
        .close = nullptr};
    std::FILE* const tagged = ::fopencookie(&lines, "w", functions);
    if (tagged == nullptr) return original;
    std::setvbuf(tagged, nullptr, buffering, BUFSIZ);
    return tagged;
}

/// They last until the process ends, also while exit() runs what the program has left to do.
struct Tagged {
    explicit Tagged(Tag given) : tag(std::move(given)) {}

    Tag tag;
    TaggedLines out{STDOUT_FILENO, tag};
    TaggedLines err{STDERR_FILENO, tag};
};
Tagged* tagged = nullptr;

}  // namespace

void print_in_lines() {
    struct stat file {};
    // Of devices such as /dev/null nobody reads lines.
    bool const has_readers =
        ::fstat(STDOUT_FILENO, &file) == 0 && (!S_ISCHR(file.st_mode) || ::isatty(STDOUT_FILENO) == 1);
    if (has_readers) std::setvbuf(stdout, line_room.data(), _IOLBF, line_room.size());
}

void tag_lines(std::function<std::string()> tag) {
    std::cout.flush();
    std::clog.flush();
    std::fflush(nullptr);
    tagged = new Tagged{std::move(tag)};
    stdout = open_tagged(tagged->out, stdout, _IOLBF);
    stderr = open_tagged(tagged->err, stderr, _IONBF);
    auto* const out = new __gnu_cxx::stdio_sync_filebuf<char>{stdout};
    auto* const err = new __gnu_cxx::stdio_sync_filebuf<char>{stderr};
    std::cout.rdbuf(out);
    std::cerr.rdbuf(err);
    std::clog.rdbuf(err);
    std::atexit([] {
        std::fflush(nullptr);
        tagged->out.finish();
        tagged->err.finish();
    });
}

}  // namespace rankpool::worker
