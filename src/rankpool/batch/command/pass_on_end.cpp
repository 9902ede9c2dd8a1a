// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/pass_on_end.hpp"

#include <cerrno>

namespace rankpool::batch {
namespace {

volatile sig_atomic_t told_group = 0;
volatile sig_atomic_t was_told = 0;

extern "C" void pass_on(int number) {
    int const error = errno;
    was_told = 1;
    if (told_group > 0) ::kill(-told_group, number);
    errno = error;
}

}  // namespace

PassOnEnd::PassOnEnd() {
    ::sigaction(SIGTERM, nullptr, &before_);
    if (before_.sa_handler != SIG_DFL) return;
    was_told = 0;
    struct sigaction action {};
    action.sa_handler = pass_on;
    ::sigaction(SIGTERM, &action, nullptr);
    is_set_ = true;
}

PassOnEnd::~PassOnEnd() {
    if (!is_set_) return;
    told_group = 0;
    ::sigaction(SIGTERM, &before_, nullptr);
    if (was_told != 0) ::raise(SIGTERM);
}

void PassOnEnd::to(pid_t group) {
    if (!is_set_) return;
    told_group = group;
    if (was_told != 0) ::kill(-group, SIGTERM);
}

}  // namespace rankpool::batch
