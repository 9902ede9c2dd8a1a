// SPDX-License-Identifier: MIT
#include "rankpool/process/process.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <signal.h>
#include <sys/wait.h>

namespace rankpool {

using process::Child;
using process::Children;

namespace {

/// A process whose end is waited for.
class Sentinel : public worker::WaitSource {
  public:
    explicit Sentinel(std::shared_ptr<Child const> child) : child_(std::move(child)) {}

    [[nodiscard]] void const* subject() const override { return child_.get(); }
    [[nodiscard]] bool is_ready() override { return child_->wait_status.has_value(); }

  private:
    std::shared_ptr<Child const> child_;
};

}  // namespace

process::Child& Process::child() const {
    if (!child_) {
        throw UsageError(
            "cannot use a process that is none (it was made by its default constructor). "
            "Ask the context for one?");
    }
    if (child_->is_closed) throw ClosedError("cannot use process " + child_->name + " (it has been closed)");
    return *child_;
}

process::Child& Process::started(char const* verb) const {
    Child& started = child();
    if (started.number == 0) {
        throw UsageError("cannot " + std::string{verb} + " process " + started.name +
                         " (it has not been started). Call start() first?");
    }
    return started;
}

void Process::start() {
    if (child().number != 0) {
        throw UsageError("cannot start process " + child().name +
                         " (it has been started before). Make another one?");
    }
    Children::here().start(child_);
}

bool Process::join_until(Deadline const& deadline) {
    return Children::here().wait(started("join"), deadline);
}

Waitable Process::sentinel() const {
    (void)started("wait for");
    return Waitable{std::make_shared<Sentinel>(child_)};
}

bool Process::is_alive() const {
    if (child().number == 0) return false;
    Children::here().look();
    return !child().wait_status;
}

std::optional<int> Process::exitcode() const {
    if (is_alive() || !child().wait_status) return std::nullopt;
    int const status = *child().wait_status;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

std::optional<int> Process::pid() const {
    if (!child().is_born) return std::nullopt;
    return child().pid;
}

std::optional<int> Process::rank() const {
    if (!child().is_born) return std::nullopt;
    return child().address.rank.value;
}

void Process::terminate() {
    Children::here().signal(started("terminate"), SIGTERM);
}

void Process::kill() {
    Children::here().signal(started("kill"), SIGKILL);
}

void Process::close() {
    if (!child_ || child_->is_closed) return;
    if (is_alive()) {
        throw UsageError("cannot close process " + child_->name +
                         " (it still runs). Wait for it with join(), or end it with terminate()?");
    }
    child_->call.reset();
    child_->is_closed = true;
}

std::vector<Process> active_children() {
    std::vector<Process> all;
    for (auto const& child : Children::here().active()) all.emplace_back(child);
    return all;
}

namespace process {

Process make(ProcessOptions options, std::unique_ptr<ProcessCall> call) {
    int const ranks = worker::this_worker().mailbox.welcome().ranks;
    if (options.rank && (*options.rank < 0 || *options.rank >= ranks)) {
        throw UsageError("cannot make a process on rank " + std::to_string(*options.rank) + " (there are " +
                         std::to_string(ranks) + ", from 0 on). Start more with mpirun -np?");
    }
    auto child = std::make_shared<Child>();
    child->name = options.name.empty() ? Children::here().next_name() : std::move(options.name);
    child->is_daemon = options.daemon.value_or(worker::this_worker().is_daemon);
    child->wanted_rank = options.rank;
    child->environment = std::move(options.environment);
    child->cwd = std::move(options.cwd);
    child->call = std::move(call);
    return Process{std::move(child)};
}

}  // namespace process

}  // namespace rankpool
