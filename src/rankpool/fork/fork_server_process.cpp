// SPDX-License-Identifier: MIT
#include "rankpool/fork/fork_server_process.hpp"

#include "rankpool/core/deadline.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/core/job_environment.hpp"
#include "rankpool/core/log.hpp"
#include "rankpool/core/own_exit.hpp"
#include "rankpool/core/pause.hpp"
#include "rankpool/core/process_tree.hpp"
#include "rankpool/core/socket_message.hpp"
#include "rankpool/core/system_limits.hpp"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace rankpool::supervisor {
namespace {

using What = ForkServer::Notice::What;
using namespace std::chrono_literals;

/// How long a process that the system does not give us at once is tried for, and how often: others end.
constexpr auto birth_patience = 5s;
constexpr auto first_birth_pause = 5ms;
constexpr auto longest_birth_pause = 500ms;
/// Between two tries to tell what has happened, and how long descriptors are tried to be passed: the
/// supervisor takes no more than it can.
constexpr auto telling_pause = 10ms;
constexpr auto passing_patience = 30s;

bool passes_with_time(int error) {
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE || error == ENOBUFS;
}

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
    Server(UniqueFd control, NoticeCount& notices, WorkerMain const& worker_main, pid_t launcher,
           rlimit const& workers_limit)
        : control_(std::move(control)),
          notices_(notices),
          worker_main_(worker_main),
          workers_limit_(workers_limit),
          supervisors_group_(::getpgrp()),
          launcher_(watch_launcher(launcher)) {}

    [[noreturn]] void run();

  private:
    /// A worker that could not be made yet.
    struct Awaited {
        Birth birth;
        Deadline give_up;
        std::chrono::milliseconds pause;
        Clock::time_point next_try;
    };
    /// What the supervisor has not been told yet.
    struct Untold {
        ServerNotice notice;
        std::array<UniqueFd, 2> fds;
        Deadline give_up;
    };

    void serve_requests();
    void serve_request(ForkServer::Request const& request);
    [[nodiscard]] int spawn(Birth const& birth);
    void try_awaited();
    void tell(ServerNotice const& notice, UniqueFd memory = {}, UniqueFd socket = {});
    void tell_on();
    [[nodiscard]] std::int64_t next_step_ns() const;
    [[noreturn]] void become_worker(Birth const& birth, link::Link::Ends ends);
    int live(Birth const& birth, link::Link::Ends ends);
    void reap();
    void take_end(pid_t pid);
    enum class Left { by_main, by_worker };
    void take_over(Left left);
    void look_for_orphans();
    std::size_t kill_orphans();
    [[noreturn]] void end_all();

    UniqueFd control_;
    NoticeCount& notices_;
    WorkerMain const& worker_main_;
    rlimit workers_limit_;
    pid_t supervisors_group_;
    UniqueFd launcher_;
    UniqueFd deaths_;
    Dispositions inherited_{};
    sigset_t normal_mask_{};
    std::map<pid_t, Birth> living_;
    std::set<pid_t> mains_;     ///< children that the main worker has left, as any program may
    std::set<pid_t> orphans_;   ///< children that other workers have left
    bool has_orphans_ = false;  ///< that may be so, and is looked for then:
    Clock::time_point next_look_{};
    std::deque<Awaited> awaited_;
    std::deque<Untold> untold_;
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
    if (!deaths_) {
        say("the fork server cannot watch its workers (" + words_of_errno(errno) + ")");
        ::_exit(EXIT_FAILURE);
    }
    for (;;) {
        std::array<pollfd, 3> fds{
            {{control_.get(), POLLIN, 0}, {deaths_.get(), POLLIN, 0}, {launcher_.get(), POLLIN, 0}}};
        pause(fds, next_step_ns());
        if (has_orphans_ && Clock::now() >= next_look_) look_for_orphans();
        if (fds[2].revents != 0) {
            if (::getppid() == supervisor) ::kill(supervisor, SIGKILL);
            end_all();
        }
        serve_requests();
        reap();
        try_awaited();
        tell_on();
    }
}

void Server::serve_requests() {
    ForkServer::Request request;
    for (;;) {
        auto const message = receive_message(control_.get(), std::as_writable_bytes(std::span{&request, 1}));
        if (!message && errno != ECONNRESET) return;
        if (!message || message->size == 0) end_all();
        if (message->size == sizeof request) serve_request(request);
    }
}

void Server::serve_request(ForkServer::Request const& request) {
    if (request.what == ForkServer::Request::What::spawn) {
        awaited_.push_back({request.birth, Deadline::after(birth_patience), first_birth_pause, {}});
        return;
    }
    for (auto const& [pid, birth] : living_) {
        if (birth.slot == request.birth.slot && birth.generation == request.birth.generation) {
            bool const own_group = birth.kind != WorkerKind::main;
            ::kill(own_group ? -pid : pid, request.signal_number);
        }
    }
}

/// Makes the workers that are asked for, as far as the system lets it.
void Server::try_awaited() {
    for (std::size_t left = awaited_.size(); left > 0; --left) {
        Awaited awaited = awaited_.front();
        awaited_.pop_front();
        if (Clock::now() >= awaited.next_try) {
            int const error = spawn(awaited.birth);
            if (error == 0) continue;
            if (!passes_with_time(error) || awaited.give_up.passed()) {
                tell({What::unborn, awaited.birth, 0, error});
                continue;
            }
            awaited.next_try = Clock::now() + awaited.pause;
            awaited.pause = std::min(2 * awaited.pause, std::chrono::milliseconds{longest_birth_pause});
        }
        awaited_.push_back(awaited);
    }
}

/// Returns 0, or errno where there is no new process.
int Server::spawn(Birth const& birth) {
    link::Link::Ends ends;
    try {
        ends = link::Link::make();
    } catch (Error const&) {
        return errno;
    }
    pid_t const pid = ::fork();
    if (pid == 0) become_worker(birth, std::move(ends));
    if (pid < 0) return errno;
    // Both sides set the group, so that it holds whichever runs first.
    ::setpgid(pid, birth.kind == WorkerKind::main ? supervisors_group_ : pid);
    living_[pid] = birth;
    tell({What::born, birth, pid, 0}, std::move(ends.memory), std::move(ends.supervisor_socket));
    return 0;
}

void Server::tell(ServerNotice const& notice, UniqueFd memory, UniqueFd socket) {
    untold_.push_back({notice, {std::move(memory), std::move(socket)}, Deadline::after(passing_patience)});
    tell_on();
}

/// Tells what has happened, in order, as far as the supervisor takes it.
void Server::tell_on() {
    while (!untold_.empty()) {
        Untold& next = untold_.front();
        std::array<int, 2> const numbers{next.fds[0].get(), next.fds[1].get()};
        std::span const fds{numbers.data(), next.fds[0] ? numbers.size() : 0};
        int const error = send_message(control_.get(), std::as_bytes(std::span{&next.notice, 1}), fds, 0ms);
        if (error == 0) {
            notices_.add();
            untold_.pop_front();
        } else if (error == ETOOMANYREFS && next.give_up.passed()) {
            // It would wait for its supervisor for ever.
            pid_t const pid = next.notice.pid;
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
            living_.erase(pid);
            next.notice = {What::unborn, next.notice.birth, 0, error};
            next.fds = {};
        } else {
            return;
        }
    }
}

/// When there is something to be tried again.
std::int64_t Server::next_step_ns() const {
    std::int64_t next = untold_.empty() ? -1 : std::chrono::nanoseconds{telling_pause}.count();
    if (has_orphans_ && next < 0) next = std::chrono::nanoseconds{orphans_live}.count();
    for (Awaited const& awaited : awaited_) {
        std::int64_t const left = std::max<std::int64_t>(0, (awaited.next_try - Clock::now()).count());
        next = next < 0 ? left : std::min(next, left);
    }
    return next;
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
    untold_.clear();
    set_descriptor_limit(workers_limit_);
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
    bool const is_main = found != living_.end() && found->second.kind == WorkerKind::main;
    // Before anybody is told: the program may end at that, and the main worker leave others.
    take_over(mains_.erase(pid) > 0 || is_main ? Left::by_main : Left::by_worker);
    orphans_.erase(pid);
    if (found == living_.end()) return;
    if (!is_main && !std::exchange(has_orphans_, true)) next_look_ = Clock::now() + orphans_live;
    ServerNotice const notice{What::ended, found->second, pid, status};
    living_.erase(found);
    tell(notice);
}

/// Tells apart whose the processes are that have come here at somebody's end.
void Server::take_over(Left left) {
    for (pid_t const child : children_of_this_thread()) {
        if (living_.contains(child) || mains_.contains(child) || orphans_.contains(child)) continue;
        (left == Left::by_main ? mains_ : orphans_).insert(child);
    }
}

void Server::look_for_orphans() {
    // What is below them comes here when they are gone, maybe together with what the main worker leaves.
    for (pid_t const orphan : std::set<pid_t>{orphans_}) {
        auto const tree = tree_of(orphan);
        orphans_.insert(tree.begin(), tree.end());
    }
    has_orphans_ = kill_orphans() > 0;
    if (!has_orphans_) orphans_.clear();
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

void serve_forks(UniqueFd control, NoticeCount& notices, std::function<void()> const& prepare,
                 WorkerMain const& worker_main, pid_t launcher, rlimit const& workers_limit) {
    try {
        // No worker is a rank, and what it starts is none.
        take_launchers_variables();
        prepare();
        notices.keep_to_itself();
        Server{std::move(control), notices, worker_main, launcher, workers_limit}.run();
    } catch (...) {
        say("the fork server ends (" + text_of_current_exception() + ")");
        ::_exit(internal_failure);
    }
}

}  // namespace rankpool::supervisor
