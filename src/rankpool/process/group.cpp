// SPDX-License-Identifier: MIT
#include "rankpool/process/group.hpp"

#include "rankpool/core/error.hpp"

#include <algorithm>
#include <utility>

namespace rankpool {
namespace process {
namespace {

/// The call of one process, which all of a group have in common.
class CommonCall final : public ProcessCall {
  public:
    explicit CommonCall(std::shared_ptr<ProcessCall const> call) : call_(std::move(call)) {}

    [[nodiscard]] FunctionId function() const override { return call_->function(); }
    void encode(wire::Sink& sink) const override { call_->encode(sink); }

  private:
    std::shared_ptr<ProcessCall const> call_;
};

bool is_new(Process const& process) {
    return !process.pid();
}

}  // namespace

Group::Group(long n, ProcessGroupOptions const& options, std::shared_ptr<ProcessCall const> call)
    : call_(std::move(call)) {
    if (n < 1)
        throw UsageError("cannot make a group of " + std::to_string(n) + " processes (it is of 1 or more)");
    if (options.restarts < 0) {
        throw UsageError("cannot restart a process " + std::to_string(options.restarts) +
                         " times (0 is the least)");
    }
    for (long i = 1; i <= n; ++i) {
        members_.push_back({make_process(options.name.empty() ? "" : options.name + '-' + std::to_string(i)),
                            options.restarts});
    }
}

Process Group::make_process(std::string name) const {
    return make({.name = std::move(name)}, std::make_unique<CommonCall>(call_));
}

void Group::start() {
    if (std::none_of(members_.begin(), members_.end(), [](Slot const& m) { return is_new(m.process); })) {
        throw UsageError("cannot start a group of processes (it has been started before). Make another one?");
    }
    for (Slot& member : members_) {
        if (!ended_by_ && is_new(member.process) && !member.is_starting) begin(member);
    }
    let_go_of_arguments();
}

/// Callbacks run meanwhile, and may tell all of the group to end.
void Group::begin(Slot& member) {
    struct Starting {
        bool& flag;
        ~Starting() { flag = false; }
    } const starting{member.is_starting = true};
    member.process.start();
    if (ended_by_) (member.process.*ended_by_)();
}

bool Group::join(Deadline const& deadline) {
    require_started("join");
    while (true) {
        auto const codes = exitcodes();
        std::vector<Waitable> running;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            Slot const& member = members_[i];
            if (member.is_starting) {
                throw UsageError(
                    "cannot join a group of processes in a callback that is called while one of them is "
                    "started. Join it after?");
            }
            if (!codes[i] && !is_new(member.process)) running.push_back(member.process.sentinel());
        }
        if (running.empty()) return true;
        if (worker::wait_for_any(running, deadline).empty()) return false;
    }
}

void Group::signal(void (Process::*send)()) {
    require_started("end");
    ended_by_ = send;
    for (Slot& member : members_) {
        member.restarts = 0;
        if (!is_new(member.process) && !member.is_starting) (member.process.*send)();
    }
    let_go_of_arguments();
}

/// Each is looked at once: what ends meanwhile has not yet ended for good.
std::vector<std::optional<int>> Group::exitcodes() {
    std::vector<std::optional<int>> all;
    for (Slot& member : members_) {
        // One that is being started, in whose callback this is, runs.
        auto& code = all.emplace_back(member.is_starting ? std::nullopt : member.process.exitcode());
        if (code.value_or(0) == 0 || member.restarts == 0) continue;
        --member.restarts;
        Process const before = std::exchange(member.process, make_process(member.process.name()));
        code.reset();
        try {
            begin(member);
        } catch (...) {
            member.process = before;
            throw;
        }
    }
    let_go_of_arguments();
    return all;
}

void Group::require_started(char const* verb) const {
    // In a callback its first may be about to start, once more or at all.
    if (!is_new(members_.front().process) || members_.front().is_starting) return;
    throw UsageError("cannot " + std::string{verb} +
                     " a group of processes (it has not been started). Call start() first?");
}

/// Queues and pipes among them would be held for nothing.
void Group::let_go_of_arguments() {
    bool const may_start =
        !ended_by_ && std::any_of(members_.begin(), members_.end(), [](Slot const& member) {
            return is_new(member.process) || (member.restarts > 0 && member.process.exitcode() != 0);
        });
    if (!may_start) call_.reset();
}

ProcessGroup make_group(long n, ProcessGroupOptions const& options, std::shared_ptr<ProcessCall const> call) {
    return ProcessGroup{std::make_shared<Group>(n, options, std::move(call))};
}

}  // namespace process

void ProcessGroup::start() {
    group_->start();
}

bool ProcessGroup::join_until(Deadline const& deadline) {
    return group_->join(deadline);
}

void ProcessGroup::terminate() {
    group_->signal(&Process::terminate);
}

void ProcessGroup::kill() {
    group_->signal(&Process::kill);
}

std::vector<std::optional<int>> ProcessGroup::exitcodes() {
    return group_->exitcodes();
}

std::size_t ProcessGroup::size() const {
    return group_->size();
}

}  // namespace rankpool
