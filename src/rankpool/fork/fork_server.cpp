// SPDX-License-Identifier: MIT
#include "rankpool/fork/fork_server.hpp"

#include "rankpool/core/deadline.hpp"
#include "rankpool/core/outside.hpp"
#include "rankpool/core/process_tree.hpp"
#include "rankpool/core/socket_message.hpp"
#include "rankpool/core/system_limits.hpp"
#include "rankpool/fork/fork_server_process.hpp"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <map>
#include <thread>

namespace rankpool::supervisor {
namespace {

/// Between the end of the fork server and words about it.
constexpr std::chrono::milliseconds report_delay{200};
/// For what the system lacks to come back.
constexpr std::chrono::seconds patience_of_a_start{10};

/// Tries again while the system lacks what may come back, and throws in the end: `make` answers less than 0,
/// as calls of the system do.
template <class Make>
int made(Make make, std::string const& what) {
    auto const deadline = Deadline::after(patience_of_a_start);
    for (std::chrono::milliseconds pause{10};; pause = std::min(2 * pause, std::chrono::milliseconds{1000})) {
        int const result = make();
        if (result >= 0) return result;
        int const error = errno;
        if (deadline.passed()) {
            throw StoppedFromOutside("cannot make " + what + " (" + words_of_errno(error) +
                                     ", for 10 s). Has this node no room for it?");
        }
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace

ForkServer::ForkServer(WorkerMain const& worker_main, std::function<void()> const& prepare) {
    std::array<int, 2> pair{};
    made([&] { return ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()); },
         "the socket of the fork server");
    UniqueFd mine{pair[0]};
    UniqueFd servers{pair[1]};
    // What is buffered here must not be written once more by every child.
    std::cout.flush();
    std::fflush(nullptr);
    pid_t const launcher = ::getppid();
    // What is below the server comes here when that is killed, and is ended then.
    spare_children();
    adopt_orphans();
    // Each worker and each queue takes one here and in the server, and the usual limit is low.
    rlimit const usual = raise_descriptor_limit();
    pid_ = made([] { return ::fork(); }, "the fork server");
    if (pid_ == 0) {
        mine.reset();
        serve_forks(std::move(servers), notices_, prepare, worker_main, launcher, usual);
    }
    control_ = std::move(mine);
}

void ForkServer::stop() {
    control_.reset();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
}

void ForkServer::spare_children() {
    for (pid_t const child : children_of(::getpid())) {
        if (child != pid_) others_.insert(child);
    }
}

void ForkServer::kill_orphans() const {
    auto const deadline = Deadline::after(report_delay);
    while (kill_children(others_) > 0 && !deadline.passed()) {
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
    }
}

void ForkServer::spawn(Birth const& birth) {
    post({Request::What::spawn, birth, 0});
}

void ForkServer::signal(Birth const& birth, int signal_number) {
    post({Request::What::signal, birth, signal_number});
}

void ForkServer::turn_away(Birth const& birth) {
    signal(birth, SIGKILL);
    turned_away_.emplace(birth.slot, birth.generation);
}

void ForkServer::post(Request const& request) {
    waiting_.push_back(request);
    flush();
}

void ForkServer::flush() {
    while (!waiting_.empty()) {
        Request const& request = waiting_.front();
        if (::send(control_.get(), &request, sizeof request, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return;
        waiting_.pop_front();
    }
}

std::optional<ForkServer::Notice> ForkServer::next_notice() {
    flush();
    seen_ = notices_.count();
    while (true) {
        ServerNotice raw;
        auto message = receive_message(control_.get(), std::as_writable_bytes(std::span{&raw, 1}));
        if (!message && errno != ECONNRESET) return std::nullopt;
        if (!message || message->size != sizeof raw) {
            // Slurm kills a step's processes one by one: this one may be next, and the cause another.
            std::this_thread::sleep_for(report_delay);
            kill_orphans();
            throw StoppedFromOutside(
                "the fork server of this rank is gone (something killed it). The job cannot go on");
        }
        auto const key = std::pair{raw.birth.slot, raw.birth.generation};
        if (raw.what == Notice::What::ended && turned_away_.erase(key) > 0) continue;
        if (raw.what == Notice::What::born && message->fd_count != message->fds.size()) {
            // Its descriptors had no room here, so that nobody can talk to it.
            turn_away(raw.birth);
            return Notice{Notice::What::unborn, raw.birth, 0, EMFILE, {}, {}};
        }
        return Notice{
            raw.what, raw.birth, raw.pid, raw.status, std::move(message->fds[0]), std::move(message->fds[1])};
    }
}

}  // namespace rankpool::supervisor
