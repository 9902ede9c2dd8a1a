// SPDX-License-Identifier: MIT
#include "rankpool/run/start_state.hpp"

namespace rankpool {

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
