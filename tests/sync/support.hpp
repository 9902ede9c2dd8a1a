// SPDX-License-Identifier: MIT
#pragma once

#include "tests/channel/support.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace rankpool::support {

[[noreturn]] inline void wait_for_the_end() {
    for (;;) ::pause();
}
[[noreturn]] inline void die() {
    ::kill(::getpid(), SIGKILL);
    wait_for_the_end();
}

/// A number in a file that is read, kept a moment and written: no two may do that at once.
inline void count_in_file(std::string const& name) {
    int const file = ::open(name.c_str(), O_RDWR | O_CLOEXEC);
    long number = 0;
    (void)!::pread(file, &number, sizeof number, 0);
    std::this_thread::yield();
    ++number;
    (void)!::pwrite(file, &number, sizeof number, 0);
    ::close(file);
}
inline long count_of_file(std::string const& name) {
    long number = 0;
    int const file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    (void)!::pread(file, &number, sizeof number, 0);
    ::close(file);
    return number;
}

}  // namespace rankpool::support
