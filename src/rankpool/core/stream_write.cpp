// SPDX-License-Identifier: MIT
#include "rankpool/core/stream_write.hpp"

#include "rankpool/core/unique_fd.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>

namespace rankpool {
namespace {

using namespace std::chrono_literals;

/// Holds back the signals that a write of this thread may cause, where the reader has gone or a file may not
/// grow, and takes them.
class NoWriteSignals {
  public:
    NoWriteSignals() {
        ::sigemptyset(&caused_);
        ::sigaddset(&caused_, SIGPIPE);
        ::sigaddset(&caused_, SIGXFSZ);
        sigset_t pending;
        ::sigpending(&pending);
        were_pending_ = ::sigismember(&pending, SIGPIPE) == 1 || ::sigismember(&pending, SIGXFSZ) == 1;
        ::pthread_sigmask(SIG_BLOCK, &caused_, &before_);
    }
    NoWriteSignals(NoWriteSignals const&) = delete;
    NoWriteSignals& operator=(NoWriteSignals const&) = delete;
    ~NoWriteSignals() {
        timespec const at_once{0, 0};
        while (!were_pending_ && ::sigtimedwait(&caused_, nullptr, &at_once) > 0) {
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

  private:
    sigset_t caused_{};
    sigset_t before_{};
    bool were_pending_ = false;
};

/// Waits until something can be written; 0, or EAGAIN when the deadline has passed.
int wait_for_room(int fd, Deadline const& deadline) {
    auto const left = deadline.remaining();
    auto const patience =
        left ? std::chrono::ceil<std::chrono::milliseconds>(std::min<Clock::duration>(*left, 1h)) : -1ms;
    pollfd look{fd, POLLOUT, 0};
    // An error is the write's to tell.
    if (::poll(&look, 1, static_cast<int>(patience.count())) > 0) return 0;
    return deadline.passed() ? EAGAIN : EINTR;
}

enum class Kind { pipe, terminal, socket, other };

Kind kind_of(int fd) {
    struct stat what {};
    if (::fstat(fd, &what) != 0) return Kind::other;
    if (S_ISFIFO(what.st_mode)) return Kind::pipe;
    if (S_ISSOCK(what.st_mode)) return Kind::socket;
    return S_ISCHR(what.st_mode) && ::isatty(fd) == 1 ? Kind::terminal : Kind::other;
}

/// A way to the same pipe or terminal that waits for nobody; none where there is no reader, or it is not ours
/// to open.
UniqueFd open_without_waiting(int fd) {
    std::string const path = "/proc/self/fd/" + std::to_string(fd);
    return UniqueFd{::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
}

}  // namespace

int write_all(int fd, std::string_view bytes, bool (*gives_up)()) {
    NoWriteSignals const guard;
    while (!bytes.empty()) {
        auto const count = ::write(fd, bytes.data(), bytes.size());
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
            continue;
        }
        int const problem = errno;
        if (problem == EINTR) {
            if (gives_up && gives_up()) return EINTR;
        } else if (problem == EAGAIN || problem == EWOULDBLOCK) {
            // Somebody else has set its flags.
            (void)wait_for_room(fd, Deadline::after(100ms));
            if (gives_up && gives_up()) return EINTR;
        } else {
            return problem;
        }
    }
    return 0;
}

int write_in_time(int fd, std::string_view bytes, Deadline const& deadline) {
    auto const kind = kind_of(fd);
    if (kind == Kind::other) return write_all(fd, bytes);
    NoWriteSignals const guard;
    UniqueFd own;
    if (kind != Kind::socket) own = open_without_waiting(fd);
    while (!bytes.empty()) {
        ssize_t count = -1;
        if (kind == Kind::socket) {
            count = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        } else if (own) {
            count = ::write(own.get(), bytes.data(), bytes.size());
        } else if (int const problem = wait_for_room(fd, deadline); problem == EAGAIN) {
            return EAGAIN;
        } else if (problem == 0) {
            // Where there is any room in a pipe there is so much.
            count = ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
        } else {
            continue;
        }
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
            continue;
        }
        int const problem = errno;
        if (problem == EAGAIN || problem == EWOULDBLOCK) {
            if (wait_for_room(fd, deadline) == EAGAIN) return EAGAIN;
        } else if (problem != EINTR) {
            return problem;
        }
    }
    return 0;
}

bool has_lost_reader(int fd) {
    pollfd look{fd, POLLOUT, 0};
    return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace rankpool
