// SPDX-License-Identifier: MIT
#include "rankpool/supervisor/server_loop.hpp"

#include "rankpool/core/deadline.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/core/job_environment.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/own_exit.hpp"
#include "rankpool/core/pause.hpp"
#include "rankpool/core/process_tree.hpp"
#include "rankpool/supervisor/passing.hpp"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace rankpool::supervisor {
namespace {

using What = ForkServer::Notice::What;

/// sysexits.h: the program itself failed.
constexpr int internal_failure = 70;

/// Between a worker's end and that of what it has left: not a look at all processes for each worker.
constexpr std::chrono::milliseconds orphans_live{20};

/// What the fork server sleeps through, and the workers take as the program was started with it.
constexpr std::array own_signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT, SIGPIPE, SIGXFSZ};
using Dispositions = std::array<struct sigaction, own_signals.size()>;

Dispositions ignore_own_signals() {
    Dispositions before{};
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    for (std::size_t i = 0; i < own_signals.size(); ++i) ::sigaction(own_signals[i], &ignore, &before[i]);
    return before;
}

/// What is ignored stays so. A handler of the program's is for the program: a pool's member must end when it
/// is told to.
void restore_own_signals(Dispositions const& before, WorkerKind kind) {
    for (std::size_t i = 0; i < own_signals.size(); ++i) {
        struct sigaction action = before[i];
        bool const is_handled = action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL;
        if (is_handled && kind == WorkerKind::pool_member) action.sa_handler = SIG_DFL;
        ::sigaction(own_signals[i], &action, nullptr);
    }
}

/// Readable when it has ended, if it is Open MPI's; else none.
UniqueFd watch_launcher(pid_t launcher) {
    std::ifstream file{"/proc/" + std::to_string(launcher) + "/comm"};
    std::string name;
    std::getline(file, name);
    for (char const* ours : {"mpirun", "mpiexec", "orterun", "orted"}) {
        if (name == ours) return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, launcher, 0))};
    }
    return {};
}

class Server {
  public:
    Server(UniqueFd control, WorkerMain const& worker_main, pid_t launcher)
        : control_(std::move(control)),
          worker_main_(worker_main),
          supervisors_group_(::getpgrp()),
          launcher_(watch_launcher(launcher)) {}

    [[noreturn]] void run();

  private:
    void serve_request(ForkServer::Request const& request);
    void spawn(Birth const& birth);
    [[noreturn]] void become_worker(Birth const& birth, link::Link::Ends ends);
    int live(Birth const& birth, link::Link::Ends ends);
    void reap();
    void take_end(pid_t pid);
    void look_for_orphans();
    std::size_t kill_orphans();
    [[noreturn]] void end_all();

    UniqueFd control_;
    WorkerMain const& worker_main_;
    pid_t supervisors_group_;
    UniqueFd launcher_;
    UniqueFd deaths_;
    Dispositions inherited_{};
    sigset_t normal_mask_{};
    std::map<pid_t, Birth> living_;
    std::set<pid_t> mains_;     ///< children that the main worker has left, as any program may
    bool has_orphans_ = false;  ///< that may be so, and is looked for then:
    Clock::time_point next_look_{};
};

void Server::run() {
    pid_t const supervisor = ::getppid();
    adopt_orphans();
    // A group of its own: what ends the rank's group must leave this process to clear up.
    ::setpgid(0, 0);
    inherited_ = ignore_own_signals();
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, &normal_mask_);
    deaths_ = UniqueFd{::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK)};
    for (;;) {
        std::array<pollfd, 3> fds{
            {{control_.get(), POLLIN, 0}, {deaths_.get(), POLLIN, 0}, {launcher_.get(), POLLIN, 0}}};
        pause(fds, has_orphans_ ? std::chrono::nanoseconds{orphans_live}.count() : -1);
        if (has_orphans_ && Clock::now() >= next_look_) look_for_orphans();
        if (fds[2].revents != 0) {
            if (::getppid() == supervisor) ::kill(supervisor, SIGKILL);
            end_all();
        }
        for (;;) {
            ForkServer::Request request;
            std::array<UniqueFd, 2> none;
            Received const received = receive_with_fds(control_.get(), &request, sizeof request, none);
            if (received == Received::end) end_all();
            if (received == Received::nothing) break;
            serve_request(request);
        }
        reap();
    }
}

void Server::serve_request(ForkServer::Request const& request) {
    if (request.what == ForkServer::Request::What::spawn) return spawn(request.birth);
    for (auto const& [pid, birth] : living_) {
        if (birth.slot == request.birth.slot && birth.generation == request.birth.generation) {
            bool const own_group = birth.kind != WorkerKind::main;
            ::kill(own_group ? -pid : pid, request.signal_number);
        }
    }
}

void Server::spawn(Birth const& birth) {
    ServerNotice notice{What::unborn, birth, 0, 0};
    link::Link::Ends ends;
    try {
        ends = link::Link::make();
    } catch (Error const&) {
        notice.status = errno;
        return send_with_fds(control_.get(), &notice, sizeof notice, {});
    }
    pid_t const pid = ::fork();
    if (pid == 0) become_worker(birth, std::move(ends));
    if (pid < 0) {
        notice.status = errno;
        return send_with_fds(control_.get(), &notice, sizeof notice, {});
    }
    // Both sides set the group, so that it holds whichever runs first.
    ::setpgid(pid, birth.kind == WorkerKind::main ? supervisors_group_ : pid);
    living_[pid] = birth;
    notice = {What::born, birth, pid, 0};
    send_with_fds(control_.get(), &notice, sizeof notice,
                  {std::move(ends.memory), std::move(ends.supervisor_socket)});
}

void Server::become_worker(Birth const& birth, link::Link::Ends ends) {
    pid_t const server = ::getppid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != server || server == 1) ::_exit(1);
    // So that what it starts stays below it, and this process's parent gets it at its end and no other's.
    adopt_orphans();
    ::setpgid(0, birth.kind == WorkerKind::main ? supervisors_group_ : 0);
    restore_own_signals(inherited_, birth.kind);
    if (birth.kind == WorkerKind::pool_member) {
        // They ask something of the main worker, but srun gives them to all, also to what a task has started.
        for (int ignored : {SIGUSR1, SIGUSR2}) ::signal(ignored, SIG_IGN);
    }
    ::sigprocmask(SIG_SETMASK, &normal_mask_, nullptr);
    control_.reset();
    deaths_.reset();
    launcher_.reset();
    ends.supervisor_socket.reset();
    if (birth.kind != WorkerKind::main) {
        // One input cannot be shared; it is the main worker's.
        UniqueFd nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        ::dup2(nothing.get(), STDIN_FILENO);
    }
    leave_inherited_exits_out();
    std::exit(live(birth, std::move(ends)));
}

/// The worker's life and exit code. No error may leave it: whoever called rankpool::run would go on in the
/// worker.
int Server::live(Birth const& birth, link::Link::Ends ends) {
    try {
        return worker_main_(birth, std::move(ends.memory), std::move(ends.worker_socket));
    } catch (...) {
        say("a worker process ends (" + text_of_current_exception() + ")");
        return internal_failure;
    }
}

void Server::reap() {
    signalfd_siginfo info;
    while (::read(deaths_.get(), &info, sizeof info) > 0) {
    }
    for (;;) {
        siginfo_t ended{};
        if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) return;
        take_end(ended.si_pid);
    }
}

void Server::take_end(pid_t pid) {
    auto const found = living_.find(pid);
    // What the worker has started must not outlive it. While it is not waited for, its number is its own.
    if (found != living_.end() && found->second.kind != WorkerKind::main) ::kill(-pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    mains_.erase(pid);
    if (found == living_.end()) return;
    ServerNotice const notice{What::ended, found->second, pid, status};
    if (found->second.kind == WorkerKind::main) {
        for (pid_t const child : children_of(::getpid())) {
            if (!living_.contains(child)) mains_.insert(child);
        }
    } else if (!std::exchange(has_orphans_, true)) {
        next_look_ = Clock::now() + orphans_live;
    }
    living_.erase(found);
    send_with_fds(control_.get(), &notice, sizeof notice, {});
}

void Server::look_for_orphans() {
    has_orphans_ = kill_orphans() > 0;
    next_look_ = Clock::now() + orphans_live;
}

/// What workers have left that have ended, wherever its group and session: how many there were.
std::size_t Server::kill_orphans() {
    std::set<pid_t> spared = mains_;
    for (auto const& [pid, birth] : living_) spared.insert(pid);
    return kill_children(spared);
}

void Server::end_all() {
    for (auto const& [pid, birth] : living_) {
        if (birth.kind != WorkerKind::main) ::kill(-pid, SIGKILL);
        ::kill(pid, SIGKILL);
    }
    // One that waits for a device may not end.
    auto const deadline = Deadline::after(std::chrono::seconds{10});
    while (!deadline.passed()) {
        pid_t const pid = ::waitpid(-1, nullptr, WNOHANG);
        if (pid < 0 && errno == ECHILD) break;
        living_.erase(pid);
        if (pid > 0) continue;
        if (kill_orphans() == 0 && living_.empty()) break;
        std::this_thread::sleep_for(std::chrono::microseconds{500});
    }
    ::_exit(0);
}

}  // namespace

void serve_forks(UniqueFd control, WorkerMain const& worker_main, pid_t launcher) {
    try {
        // No worker is a rank, and what it starts is none.
        take_launchers_variables();
        Server{std::move(control), worker_main, launcher}.run();
    } catch (...) {
        say("the fork server ends (" + text_of_current_exception() + ")");
        ::_exit(internal_failure);
    }
}

}  // namespace rankpool::supervisor
