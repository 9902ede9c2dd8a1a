// SPDX-License-Identifier: MIT
#include "rankpool/fork/end_signals.hpp"

#include "rankpool/core/pause.hpp"

#include <signal.h>

#include <utility>

namespace rankpool::supervisor {
namespace {

volatile sig_atomic_t received_signal = 0;
volatile sig_atomic_t sender_pid = 0;
volatile sig_atomic_t usr1_received = 0;
volatile sig_atomic_t usr2_received = 0;

extern "C" void note_signal(int number, siginfo_t* info, void* /*context*/) {
    sender_pid = info->si_code == SI_USER ? info->si_pid : 0;
    received_signal = number;
}
extern "C" void note_for_main(int number, siginfo_t* /*info*/, void* /*context*/) {
    (number == SIGUSR1 ? usr1_received : usr2_received) = 1;
}

sigset_t watched() {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    ::sigaddset(&set, SIGHUP);
    ::sigaddset(&set, SIGUSR1);
    ::sigaddset(&set, SIGUSR2);
    return set;
}

/// What the program was started to ignore, as under nohup, it goes on ignoring.
void handle(int number, void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) return;
    action = {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    ::sigaction(number, &action, nullptr);
}

}  // namespace

void EndSignals::watch() {
    for (int const number : {SIGINT, SIGTERM, SIGHUP}) handle(number, note_signal);
    for (int const number : {SIGUSR1, SIGUSR2}) handle(number, note_for_main);
}

int EndSignals::received() {
    return received_signal;
}

int EndSignals::sender() {
    return sender_pid;
}

int EndSignals::take_for_main() {
    if (std::exchange(usr1_received, 0) != 0) return SIGUSR1;
    return std::exchange(usr2_received, 0) != 0 ? SIGUSR2 : 0;
}

void EndSignals::pause_unless_received(std::span<pollfd> fds, std::int64_t max_ns) {
    sigset_t const blocked = watched();
    sigset_t normal;
    // Blocked from the look to the sleep, so that none slips in between.
    ::sigprocmask(SIG_BLOCK, &blocked, &normal);
    if (received_signal == 0 && usr1_received == 0 && usr2_received == 0) pause(fds, max_ns, &normal);
    ::sigprocmask(SIG_SETMASK, &normal, nullptr);
}

}  // namespace rankpool::supervisor
