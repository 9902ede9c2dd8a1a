// SPDX-License-Identifier: MIT
#include "rankpool/batch/child_process.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

extern char** environ;

namespace rankpool::batch {
namespace {

constexpr std::size_t out_kept = 1024 * 1024;
constexpr std::size_t err_kept = 64 * 1024;

struct Pipe {
    UniqueFd from;
    UniqueFd to;

    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw Error("cannot make a pipe (" + std::string{std::strerror(errno)} + ")");
        }
        from = UniqueFd{ends[0]};
        to = UniqueFd{ends[1]};
    }
};

std::vector<char*> environment_without_launcher() {
    std::vector<char*> kept;
    for (char** entry = environ; *entry; ++entry) {
        std::string_view const text{*entry};
        bool const is_launchers =
            text.starts_with("OMPI_") || text.starts_with("PMIX_") || text.starts_with("PMI_");
        if (!is_launchers) kept.push_back(*entry);
    }
    kept.push_back(nullptr);
    return kept;
}

pid_t spawn(std::vector<std::string> const& words, Pipe const& out, Pipe const& err) {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    auto const environment = environment_without_launcher();
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.to.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.to.get(), STDERR_FILENO);
    pid_t pid = 0;
    int const problem =
        ::posix_spawnp(&pid, arguments.front(), &actions, nullptr, arguments.data(), environment.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (problem != 0) {
        throw Error("cannot start " + words.front() + " (" + std::strerror(problem) +
                    "). Is it there on every node, and in PATH?");
    }
    return pid;
}

/// Reads both until they are closed by all who have them.
void read_to_end(int out, int err, ChildResult& result) {
    std::array<pollfd, 2> fds{{{out, POLLIN, 0}, {err, POLLIN, 0}}};
    std::array<char, 16 * 1024> bytes;
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (::poll(fds.data(), fds.size(), -1) < 0) continue;
        for (auto& fd : fds) {
            if (fd.fd < 0 || fd.revents == 0) continue;
            auto const count = ::read(fd.fd, bytes.data(), bytes.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) {
                fd.fd = -1;
                continue;
            }
            std::string_view const text{bytes.data(), static_cast<std::size_t>(count)};
            if (&fd == &fds[0]) {
                result.out += text.substr(0, out_kept - std::min(out_kept, result.out.size()));
            } else {
                result.err += text;
                if (result.err.size() > 2 * err_kept) result.err.erase(0, result.err.size() - err_kept);
            }
        }
    }
    if (result.err.size() > err_kept) result.err.erase(0, result.err.size() - err_kept);
}

}  // namespace

ChildResult run_child(std::vector<std::string> const& words) {
    Pipe out;
    Pipe err;
    pid_t const pid = spawn(words, out, err);
    out.to.reset();
    err.to.reset();
    ChildResult result;
    read_to_end(out.from.get(), err.from.get(), result);
    rusage usage{};
    while (::wait4(pid, &result.wait_status, 0, &usage) < 0 && errno == EINTR) {
    }
    auto const seconds = [](timeval time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    result.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    result.peak_memory = std::int64_t{usage.ru_maxrss} * 1024;
    return result;
}

}  // namespace rankpool::batch
