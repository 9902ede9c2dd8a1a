// SPDX-License-Identifier: MIT
#include "rankpool/run/start_state.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace rankpool {

void occupy_standard_descriptors() {
    for (int const fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
        // The lowest number that is free is this one.
        (void)::open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    }
}

ChildSignal::ChildSignal() {
    struct sigaction usual {};
    usual.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &usual, &before_);
}

ChildSignal::~ChildSignal() {
    ::sigaction(SIGCHLD, &before_, nullptr);
}

void ChildSignal::restore_handler() const {
    bool const is_handled = before_.sa_handler != SIG_DFL && before_.sa_handler != SIG_IGN;
    if (is_handled) ::sigaction(SIGCHLD, &before_, nullptr);
}

}  // namespace rankpool
