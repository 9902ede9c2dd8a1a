// SPDX-License-Identifier: MIT
#include "rankpool/batch/files/stop_signals.hpp"

#include <signal.h>

namespace rankpool::batch {
namespace {

volatile sig_atomic_t drain_wanted = 0;
volatile sig_atomic_t end_wanted = 0;
volatile sig_atomic_t stop_wanted = 0;

extern "C" void note_drain_request(int /*number*/) {
    drain_wanted = 1;
}
extern "C" void note_end_request(int /*number*/) {
    end_wanted = 1;
}
extern "C" void note_stop_request(int /*number*/) {
    stop_wanted = 1;
}

void handle(int number, void (*handler)(int)) {
    struct sigaction action {};
    // As under nohup.
    if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) return;
    action = {};
    action.sa_handler = handler;
    ::sigaction(number, &action, nullptr);
}

}  // namespace

StopSignals::StopSignals() {
    handle(SIGUSR1, note_drain_request);
    handle(SIGUSR2, note_end_request);
    handle(SIGTERM, note_stop_request);
    handle(SIGINT, note_stop_request);
    handle(SIGHUP, note_stop_request);
    handle(SIGXFSZ, SIG_IGN);
}

StopRequest StopSignals::requested() {
    if (stop_wanted != 0) return StopRequest::now;
    if (end_wanted != 0) return StopRequest::end_tasks;
    return drain_wanted != 0 ? StopRequest::drain : StopRequest::none;
}

}  // namespace rankpool::batch
