// SPDX-License-Identifier: MIT
#include "rankpool/batch/files/output.hpp"

#include "rankpool/batch/files/stop_signals.hpp"
#include "rankpool/core/stream_write.hpp"

#include <stdio_ext.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace rankpool::batch {
namespace {

constexpr std::size_t most_held = 64 * 1024;

/// Nobody waits any longer for a slow reader.
bool is_told_to_stop() {
    return StopSignals::requested() == StopRequest::now;
}

class Output {
  public:
    Output() = default;
    Output(Output const&) = delete;
    Output& operator=(Output const&) = delete;
    ~Output() { flush(); }

    bool print(std::string_view text) {
        // What was printed in another way before comes first.
        if (::__fpending(stdout) > 0) flush();
        if (is_over_) return false;
        held_ += text;
        if (held_.size() >= most_held || is_watched_) flush();
        return !is_over_;
    }

    int end() {
        flush();
        return error_;
    }

  private:
    void flush() {
        if (!is_over_ && !held_.empty()) fail_with(write_all(STDOUT_FILENO, held_, is_told_to_stop));
        held_.clear();
        flush_others();
    }

    void flush_others() {
        errno = 0;
        if (std::cout.flush() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
        int const problem = errno != 0 ? errno : EIO;
        fail_with(has_lost_reader(STDOUT_FILENO) ? EPIPE : problem);
        // What remains would be tried again at each end.
        ::__fpurge(stdout);
        std::clearerr(stdout);
        std::cout.clear();
    }

    void fail_with(int problem) {
        if (problem == 0) return;
        is_over_ = true;
        bool const reader_left = problem == EPIPE || problem == ECONNRESET;
        if (!reader_left && error_ == 0) error_ = problem;
    }

    std::string held_;
    int error_ = 0;
    bool is_over_ = false;
    bool is_watched_ = ::isatty(STDOUT_FILENO) == 1;
};

Output& output() {
    static Output the_output;
    return the_output;
}

}  // namespace

bool print(std::string_view text) {
    return output().print(text);
}

void flush_output() {
    (void)output().end();
}

std::string end_output() {
    int const error = output().end();
    if (error == 0) return {};
    std::string const why = error == EINTR ? "told to stop before all was written" : std::strerror(error);
    return "cannot write results to stdout (" + why + ")";
}

}  // namespace rankpool::batch
