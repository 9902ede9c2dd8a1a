// SPDX-License-Identifier: MIT
#include "rankpool/worker/parent_process.hpp"

#include "rankpool/worker/worker_state.hpp"

namespace rankpool {
namespace {

worker::Parent const& parent() {
    auto const& known = worker::this_worker().parent;
    if (!known) throw UsageError("the main worker has no parent process (nobody has made it)");
    return *known;
}

}  // namespace

std::string ParentProcess::name() const {
    return parent().maker.name;
}

pid_t ParentProcess::pid() const {
    return parent().maker.pid;
}

int ParentProcess::rank() const {
    return parent().rank.value;
}

bool ParentProcess::is_alive() const {
    worker::this_worker().mailbox.pump();
    return !parent().is_gone;
}

std::optional<ParentProcess> parent_process() {
    if (!worker::this_worker().parent) return std::nullopt;
    return ParentProcess{};
}

}  // namespace rankpool
