// SPDX-License-Identifier: MIT
#include "rankpool/batch/child_process.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>

extern char** environ;

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

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

std::vector<char*> entries_of(Environment environment) {
    std::vector<char*> kept;
    for (char** entry = environ; *entry; ++entry) {
        std::string_view const text{*entry};
        bool const is_launchers =
            text.starts_with("OMPI_") || text.starts_with("PMIX_") || text.starts_with("PMI_");
        if (!is_launchers || environment == Environment::all) kept.push_back(*entry);
    }
    kept.push_back(nullptr);
    return kept;
}

pid_t spawn(std::vector<std::string> const& words, Environment environment, Pipe const& out,
            Pipe const& err) {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    auto const entries = entries_of(environment);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out.to.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.to.get(), STDERR_FILENO);
    pid_t pid = 0;
    int const problem =
        ::posix_spawnp(&pid, arguments.front(), &actions, nullptr, arguments.data(), entries.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (problem != 0) {
        throw Error("cannot start " + words.front() + " (" + std::strerror(problem) +
                    "). Is it there on every node, and in PATH?");
    }
    return pid;
}

}  // namespace

class ChildProcess::State {
  public:
    State(std::vector<std::string> const& words, Environment environment) {
        Pipe out;
        Pipe err;
        pid_ = spawn(words, environment, out, err);
        out_ = std::move(out.from);
        err_ = std::move(err.from);
        fds_ = {{{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}}};
    }
    ~State() {
        if (has_ended_) return;
        ::kill(pid_, SIGKILL);
        reap();
    }

    bool wait(Deadline const& deadline) {
        while (!has_ended_ && (fds_[0].fd >= 0 || fds_[1].fd >= 0)) {
            if (!read_some(deadline) && deadline.passed()) return false;
        }
        if (!has_ended_) reap();
        return true;
    }

    ChildResult result;

  private:
    /// False when the deadline has passed, or a signal has come.
    bool read_some(Deadline const& deadline) {
        auto const left = deadline.remaining();
        auto const patience =
            left ? std::chrono::ceil<std::chrono::milliseconds>(std::min<Clock::duration>(*left, 1min))
                 : -1ms;
        if (::poll(fds_.data(), fds_.size(), static_cast<int>(patience.count())) <= 0) return false;
        for (auto& fd : fds_) {
            if (fd.fd < 0 || fd.revents == 0) continue;
            auto const count = ::read(fd.fd, bytes_.data(), bytes_.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) {
                fd.fd = -1;
                continue;
            }
            keep({bytes_.data(), static_cast<std::size_t>(count)}, &fd == &fds_[0]);
        }
        return true;
    }

    void keep(std::string_view text, bool is_out) {
        if (is_out) {
            result.out += text.substr(0, out_kept - std::min(out_kept, result.out.size()));
        } else {
            result.err += text;
            if (result.err.size() > 2 * err_kept) result.err.erase(0, result.err.size() - err_kept);
        }
    }

    void reap() {
        if (result.err.size() > err_kept) result.err.erase(0, result.err.size() - err_kept);
        rusage usage{};
        while (::wait4(pid_, &result.wait_status, 0, &usage) < 0 && errno == EINTR) {
        }
        auto const seconds = [](timeval time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
        };
        result.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
        result.peak_memory = std::int64_t{usage.ru_maxrss} * 1024;
        has_ended_ = true;
    }

    pid_t pid_ = 0;
    UniqueFd out_;
    UniqueFd err_;
    std::array<pollfd, 2> fds_{};
    std::array<char, 16 * 1024> bytes_{};
    bool has_ended_ = false;
};

ChildProcess::ChildProcess(std::vector<std::string> const& words, Environment environment)
    : state_(std::make_unique<State>(words, environment)) {}
ChildProcess::~ChildProcess() = default;

bool ChildProcess::wait(Deadline const& deadline) {
    return state_->wait(deadline);
}

ChildResult& ChildProcess::result() {
    return state_->result;
}

ChildResult run_child(std::vector<std::string> const& words, Environment environment) {
    ChildProcess child{words, environment};
    child.wait(Deadline::never());
    return std::move(child.result());
}

}  // namespace rankpool::batch
