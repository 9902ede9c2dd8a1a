// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/persistent_process.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/process_tree.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

/// For it to write what it has, once nothing more is asked.
constexpr auto patience_at_end = 2s;
constexpr Clock::duration longest_poll = 60s;
constexpr std::size_t most_err = std::size_t{1} << 20;
constexpr std::size_t longest_line = std::size_t{512} << 20;

void set_nonblocking(UniqueFd const& fd) {
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

/// For poll: until the deadline, but no longer than `most`.
int milliseconds_until(Deadline const& deadline, Clock::duration most) {
    auto const left = std::min(deadline.remaining().value_or(most), most);
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

std::set<pid_t> own_children() {
    auto const children = children_of(::getpid());
    return {children.begin(), children.end()};
}

}  // namespace

PersistentProcess::PersistentProcess(std::vector<std::string> const& words,
                                     CommandSurroundings const& surroundings)
    : watch_(0, own_children()) {
    Pipe in = Pipe::make();
    Pipe out = Pipe::make();
    Pipe err = Pipe::make();
    pid_ = start_command(words, out.to, err.to, surroundings, &in.from);
    in_ = std::move(in.to);
    out_ = std::move(out.from);
    err_ = std::move(err.from);
    for (auto const* fd : {&in_, &out_, &err_}) set_nonblocking(*fd);
}

PersistentProcess::~PersistentProcess() {
    if (pid_ == 0) return;
    in_ = UniqueFd{};
    auto const deadline = Deadline::after(patience_at_end);
    Reply rest;
    while (!deadline.passed() && ::waitpid(pid_, nullptr, WNOHANG) == 0) {
        // What it writes must not keep it.
        unread_.clear();
        searched_ = 0;
        take_line(rest);
        read_err(rest);
        std::this_thread::sleep_for(1ms);
    }
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

bool PersistentProcess::is_at_hand() const {
    pollfd look{out_.get(), POLLIN, 0};
    return unread_.empty() && ::poll(&look, 1, 0) == 0;
}

Reply PersistentProcess::ask(std::string const& request, Deadline const& deadline,
                             std::uint64_t memory_limit) {
    Reply reply;
    std::string const line = request + "\n";
    std::string_view unsent = line;
    watch_.set_limit(memory_limit);
    exchange(unsent, reply, deadline, memory_limit > 0);
    read_err(reply);
    if (reply.is_late || reply.is_over_memory || reply.has_ended) end(reply);
    return reply;
}

void PersistentProcess::exchange(std::string_view& unsent, Reply& reply, Deadline const& deadline,
                                 bool watches_memory) {
    write_some(unsent);
    do {
        std::array<pollfd, 3> fds{
            {{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}, {in_.get(), POLLOUT, 0}}};
        if (unsent.empty()) fds[2].fd = -1;
        if (!err_) fds[1].fd = -1;
        Clock::duration const most = watches_memory ? watch_.time_left() : longest_poll;
        ::poll(fds.data(), fds.size(), milliseconds_until(deadline, most));
        // Also where there is an answer: those of many short rows would leave no time for a look.
        if (watches_memory && watch_.look()) {
            reply.is_over_memory = true;
            return;
        }
        // What it writes to stderr is no answer.
        if (fds[0].revents == 0 && deadline.passed()) {
            reply.is_late = true;
            return;
        }
        if (fds[1].revents != 0) read_err(reply);
        if (fds[2].revents != 0) write_some(unsent);
    } while (!take_line(reply) && !reply.has_ended);
}

void PersistentProcess::write_some(std::string_view& unsent) const {
    auto const count = ::write(in_.get(), unsent.data(), unsent.size());
    if (count > 0) unsent.remove_prefix(static_cast<std::size_t>(count));
    if (count < 0 && errno != EAGAIN && errno != EINTR) unsent = {};
}

/// True when there is a whole line; notes the end of its stdout.
bool PersistentProcess::take_line(Reply& reply) {
    for (;;) {
        auto const place = unread_.find('\n', searched_);
        if (place != std::string::npos) {
            reply.line = unread_.substr(0, place);
            unread_.erase(0, place + 1);
            searched_ = 0;
            return true;
        }
        searched_ = unread_.size();
        auto const count = ::read(out_.get(), bytes_.data(), bytes_.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0 || unread_.size() > longest_line) {
            reply.has_ended = count == 0 || unread_.size() > longest_line;
            return false;
        }
        unread_.append(bytes_.data(), static_cast<std::size_t>(count));
    }
}

void PersistentProcess::read_err(Reply& reply) {
    // One that never stops is not to hold up the rest.
    for (std::size_t reads = 0; reads * bytes_.size() <= most_err; ++reads) {
        auto const count = ::read(err_.get(), bytes_.data(), bytes_.size());
        if (count < 0 && errno == EINTR) continue;
        if (count == 0) err_ = UniqueFd{};
        if (count <= 0) return;
        if (reply.err.size() < most_err) reply.err.append(bytes_.data(), static_cast<std::size_t>(count));
    }
}

void PersistentProcess::end(Reply& reply) {
    // It may only have closed its stdout.
    if (!reply.has_ended) ::kill(-pid_, SIGKILL);
    auto const deadline = Deadline::after(1s);
    while (::waitpid(pid_, &reply.wait_status, WNOHANG) == 0) {
        if (deadline.passed()) ::kill(pid_, SIGKILL);
        std::this_thread::sleep_for(1ms);
    }
    ::kill(-pid_, SIGKILL);
    read_err(reply);
    pid_ = 0;
}

}  // namespace rankpool::batch
