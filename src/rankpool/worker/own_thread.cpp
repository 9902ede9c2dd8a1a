// SPDX-License-Identifier: MIT
#include "rankpool/worker/own_thread.hpp"

#include "rankpool/core/error.hpp"

#include <string>

namespace rankpool::worker {
namespace {

/// Its address tells the threads of a process apart, and stays the same in a fork.
thread_local char here = 0;
char const* own = nullptr;

}  // namespace

void claim_own_thread() {
    own = &here;
}

bool is_own_thread() {
    return own == nullptr || own == &here;
}

void require_own_thread(char const* what) {
    if (is_own_thread()) return;
    throw UsageError(std::string{"cannot use "} + what +
                     " in a second thread of this process (one thread of a process does all that goes to "
                     "others). Let the second thread hand its values to the first, or make it a Process?");
}

}  // namespace rankpool::worker
