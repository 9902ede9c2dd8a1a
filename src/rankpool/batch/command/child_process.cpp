// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/child_process.hpp"

#include "rankpool/batch/command/command_start.hpp"
#include "rankpool/batch/command/memory_watch.hpp"
#include "rankpool/batch/command/out_of_memory.hpp"
#include "rankpool/batch/command/pass_on_end.hpp"
#include "rankpool/core/process_tree.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <set>
#include <string_view>
#include <thread>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

/// After a command's end, for what it has left behind to write its last words.
constexpr auto grace = 100ms;
/// For killed processes to end; one that waits for a device may not.
constexpr auto patience_with_killed = 5s;
constexpr auto orders_interval = 1s;
/// Between two looks at a command of which the kernel tells no end.
constexpr auto blind_interval = 5ms;

bool has_children() {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

bool has_ended(pid_t pid) {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid;
}

double seconds_of(timeval time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

std::set<pid_t> children_here() {
    if (!has_children()) return {};
    auto const children = children_of(::getpid());
    return {children.begin(), children.end()};
}

}  // namespace

class ChildProcess::State {
  public:
    State(std::vector<std::string> const& words, ChildOptions const& options)
        : options_(options),
          out_(options.most_out, options.part),
          err_(options.most_err, options.part),
          watch_(options.memory_limit, options.whole_tree ? children_here() : std::set<pid_t>{}) {
        if (options_.whole_tree) others_ = children_here();
        OutOfMemory::note_begin();
        Pipe out = Pipe::make();
        Pipe err = Pipe::make();
        if (options_.whole_tree) pass_on_.emplace();
        if (options_.timeout.count() > 0) limit(options_.timeout);
        if (options_.orders) next_orders_ = started_ + orders_interval;
        pid_ = start_command(words, out.to, err.to, options_.surroundings);
        if (pass_on_) pass_on_->to(pid_);
        out_pipe_ = std::move(out.from);
        err_pipe_ = std::move(err.from);
        end_ = UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
        fds_ = {{{out_pipe_.get(), POLLIN, 0}, {err_pipe_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    }
    State(State const&) = delete;
    State& operator=(State const&) = delete;
    ~State() {
        if (!is_over_) end_all();
    }

    bool wait(Deadline const& deadline) {
        while (!is_over_) {
            if (!step(deadline) && deadline.passed()) return false;
        }
        return true;
    }

    ChildResult result;

  private:
    /// False when nothing has happened.
    bool step(Deadline const& deadline) {
        bool const news = ::poll(fds_.data(), fds_.size(), patience(deadline)) > 0;
        if (news) read_some();
        if (!ended_at_ && (end_ ? fds_[2].revents != 0 : has_ended(pid_))) {
            ended_at_ = Clock::now();
            fds_[2].fd = -1;
        }
        if (!ended_at_ && options_.whole_tree && watch_.look()) {
            result.is_over_memory = true;
            end_all();
        } else if (!ended_at_ && next_orders_ && Clock::now() >= *next_orders_) {
            take_orders();
        } else if (!ended_at_ && next_step_ && Clock::now() >= *next_step_) {
            take_step();
        } else if (ended_at_ && (is_silent() || Clock::now() - *ended_at_ >= grace)) {
            end_all();
        }
        if (is_over_) complete();
        return news || is_over_;
    }

    [[nodiscard]] int patience(Deadline const& deadline) const {
        Clock::duration most = 1min;
        if (auto const left = deadline.remaining()) most = std::min(most, *left);
        if (ended_at_) {
            most = std::min<Clock::duration>(most, *ended_at_ + grace - Clock::now());
        } else {
            if (options_.whole_tree) most = std::min(most, watch_.time_left());
            for (auto const& due : {next_step_, next_orders_}) {
                if (due) most = std::min<Clock::duration>(most, *due - Clock::now());
            }
            if (!end_) most = std::min<Clock::duration>(most, blind_interval);
        }
        auto const whole = std::chrono::ceil<std::chrono::milliseconds>(most).count();
        return static_cast<int>(std::max<std::int64_t>(0, whole));
    }

    void take_orders() {
        auto const orders = options_.orders();
        next_orders_ = Clock::now() + orders_interval;
        if (is_ending()) return;
        if (orders.must_end) {
            result.is_told_to_end = true;
            next_step_ = Clock::now();
        } else if (orders.timeout.count() > 0) {
            limit(orders.timeout);
        }
    }

    void limit(std::chrono::nanoseconds timeout) {
        result.timeout = timeout;
        next_step_ = started_ + timeout;
    }

    [[nodiscard]] bool is_ending() const { return result.is_over_time || result.is_told_to_end; }

    /// The next signal to all of it, or its end.
    void take_step() {
        result.is_over_time = !result.is_told_to_end;
        if (step_ == options_.end_steps.size()) return end_all();
        auto const& step = options_.end_steps[step_++];
        if (step.signal == SIGKILL) return end_all();
        for (pid_t const process : tree_of(pid_)) ::kill(process, step.signal);
        // What is stopped does not see it.
        for (pid_t const process : tree_of(pid_)) ::kill(process, SIGCONT);
        auto const pause = std::chrono::duration<double>(step.seconds);
        next_step_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(pause);
    }

    [[nodiscard]] bool is_silent() const { return fds_[0].fd < 0 && fds_[1].fd < 0; }

    void read_some() {
        for (std::size_t i = 0; i < 2; ++i) {
            auto& fd = fds_[i];
            if (fd.fd < 0 || fd.revents == 0) continue;
            auto const count = ::read(fd.fd, bytes_.data(), bytes_.size());
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) {
                fd.fd = -1;
                continue;
            }
            std::string_view const come{bytes_.data(), static_cast<std::size_t>(count)};
            (i == 0 ? out_ : err_).add(come);
            auto const& hear = i == 0 ? options_.on_out : options_.on_err;
            if (hear) hear(come);
        }
    }

    /// Kills what is left of the command and of what it has started, and takes their ends.
    void end_all() {
        // While it is not waited for, no other process or group can have its number.
        ::kill(-pid_, SIGKILL);
        ::kill(pid_, SIGKILL);
        take_end(pid_, &result.wait_status);
        is_over_ = true;
        if (!options_.whole_tree) return;
        auto const deadline = Deadline::after(patience_with_killed);
        while (has_children() && kill_children(others_) > 0 && !deadline.passed()) {
            for (pid_t const child : children_of(::getpid())) {
                if (!others_.contains(child)) take_end_of_killed(child);
            }
        }
        pass_on_.reset();
    }

    void take_end_of_killed(pid_t child) {
        for (int tries = 0; tries < 20 && !has_ended(child); ++tries) std::this_thread::sleep_for(100us);
        if (has_ended(child)) take_end(child, nullptr);
    }

    void take_end(pid_t pid, int* status) {
        rusage usage{};
        while (::wait4(pid, status, 0, &usage) < 0) {
            if (errno != EINTR) return;
        }
        result.user_seconds += seconds_of(usage.ru_utime);
        result.system_seconds += seconds_of(usage.ru_stime);
        result.peak_memory = std::max(result.peak_memory, std::int64_t{usage.ru_maxrss} * 1024);
    }

    /// What is still in the pipes, and the sums.
    void complete() {
        while (!is_silent() && ::poll(fds_.data(), 2, 0) > 0) read_some();
        result.out_bytes = out_.bytes();
        result.err_bytes = err_.bytes();
        result.is_out_whole = out_.is_whole();
        result.out = out_.take();
        result.err = err_.take();
        result.watched_memory = static_cast<std::int64_t>(watch_.peak());
        if (result.watched_memory > 0) result.peak_memory = result.watched_memory;
        result.is_out_of_memory = !is_ending() && OutOfMemory::may_have_ended(result.wait_status);
    }

    ChildOptions options_;
    KeptOutput out_;
    KeptOutput err_;
    MemoryWatch watch_;
    std::set<pid_t> others_;  ///< children of this process from before
    pid_t pid_ = 0;
    std::optional<PassOnEnd> pass_on_;
    UniqueFd out_pipe_;
    UniqueFd err_pipe_;
    UniqueFd end_;  ///< readable when it has ended
    std::array<pollfd, 3> fds_{};
    std::array<char, 64 * 1024> bytes_{};
    Clock::time_point started_ = Clock::now();
    std::optional<Clock::time_point> ended_at_;
    std::optional<Clock::time_point> next_step_;  ///< when the next of the end's steps is due
    std::optional<Clock::time_point> next_orders_;
    std::size_t step_ = 0;
    bool is_over_ = false;
};

ChildProcess::ChildProcess(std::vector<std::string> const& words, ChildOptions const& options)
    : state_(std::make_unique<State>(words, options)) {}
ChildProcess::~ChildProcess() = default;

bool ChildProcess::wait(Deadline const& deadline) {
    return state_->wait(deadline);
}

ChildResult& ChildProcess::result() {
    return state_->result;
}

ChildResult run_child(std::vector<std::string> const& words, ChildOptions const& options) {
    ChildProcess child{words, options};
    child.wait(Deadline::never());
    return std::move(child.result());
}

}  // namespace rankpool::batch
