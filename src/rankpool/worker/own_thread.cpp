// SPDX-License-Identifier: MIT
#include "rankpool/worker/own_thread.hpp"

#include "rankpool/core/error.hpp"

#include <string>

namespace rankpool::worker {
namespace {

/// Its address tells the threads of a process apart, and stays the same in a fork.
thread_local char of_this_thread = 0;
char const* own = nullptr;

}  // namespace

void claim_own_thread() {
    own = &of_this_thread;
}

bool is_own_thread() {
    return own == nullptr || own == &of_this_thread;
}

void require_own_thread(char const* what) {
    if (is_own_thread()) return;
    throw UsageError(std::string{"cannot use "} + what +
                     " in a second thread of this process (one thread of a process does all that goes to "
                     "others). Let the second thread hand its values to the first, or make it a Process?");
}

}  // namespace rankpool::worker
