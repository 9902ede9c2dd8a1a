// SPDX-License-Identifier: MIT
#pragma once

#include "tests/channel/support.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace rankpool::support {

[[noreturn]] inline void wait_for_the_end() {
    for (;;) ::pause();
}
[[noreturn]] inline void die() {
    ::kill(::getpid(), SIGKILL);
    wait_for_the_end();
}

/// Waits until so many processes wait for an object of this kind: `lock`, `event` and so on.
inline void until_waiting(std::string_view kind, long count) {
    auto const is_one = [&](Holding const& one) { return one.waits && one.object.starts_with(kind); };
    auto const waiting = [&] { return std::ranges::count_if(context().holdings(), is_one); };
    for (int i = 0; i < 5000 && waiting() != count; ++i) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(waiting(), count);
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
