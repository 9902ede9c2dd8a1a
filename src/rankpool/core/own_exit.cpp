// SPDX-License-Identifier: MIT
#include "rankpool/core/own_exit.hpp"

#include "rankpool/core/log.hpp"
#include "rankpool/core/stream_write.hpp"
#include "rankpool/core/system_limits.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string>

// There where the program is built for it; it writes what gcov is to read.
extern "C" [[gnu::weak]] void
__gcov_dump();  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

namespace rankpool {
namespace {

/// The first that was registered is the last to be called: none of those before it get their turn.
void leave(int code, void* /*nothing*/) {
    try {
        std::cout.flush();
        std::clog.flush();
    } catch (...) {
        // Where the user has asked it to throw. There is nobody left to tell.
    }
    int const error = std::fflush(nullptr) != 0 ? errno : 0;
    bool const is_incomplete = error != 0 || std::ferror(stdout) != 0;
    // A reader that has left wants no more.
    if (is_incomplete && error != EPIPE && !has_lost_reader(STDOUT_FILENO)) {
        say("cannot write all that process " + std::to_string(::getpid()) + " has printed (" +
            (error != 0 ? words_of_errno(error) : "part of it was refused") + "). Is there room for it?");
    }
    if (__gcov_dump != nullptr) __gcov_dump();
    ::_exit(code);
}

}  // namespace

void leave_inherited_exits_out() {
    ::on_exit(leave, nullptr);
}

}  // namespace rankpool
