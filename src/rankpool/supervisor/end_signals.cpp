// SPDX-License-Identifier: MIT
#include "rankpool/supervisor/end_signals.hpp"

#include "rankpool/core/pause.hpp"

#include <signal.h>

namespace rankpool::supervisor {
namespace {

volatile sig_atomic_t received_signal = 0;

extern "C" void note_signal(int number) {
    received_signal = number;
}

sigset_t watched() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

void EndSignals::watch() {
    struct sigaction action {};
    action.sa_handler = note_signal;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

int EndSignals::received() {
    return received_signal;
}

void EndSignals::pause_unless_received(std::span<pollfd> fds, std::int64_t max_ns) {
    sigset_t const blocked = watched();
    sigset_t normal;
    // Blocked from the look to the sleep, so that none slips in between.
    ::sigprocmask(SIG_BLOCK, &blocked, &normal);
    if (received_signal == 0) pause(fds, max_ns, &normal);
    ::sigprocmask(SIG_SETMASK, &normal, nullptr);
}

}  // namespace rankpool::supervisor
