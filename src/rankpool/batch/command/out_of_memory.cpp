// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/out_of_memory.hpp"

#include "rankpool/core/deadline.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>
#include <string>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;

struct Look {
    long kills = 0;
    Clock::time_point time{};
};
Look last_look;

/// A shell leaves with it when its command was killed.
constexpr int exit_of_killed = 128 + SIGKILL;

long count_kills() {
    std::ifstream file{"/proc/vmstat"};
    std::string name;
    for (long count = 0; file >> name >> count;) {
        if (name == "oom_kill") return count;
    }
    return 0;
}

}  // namespace

void OutOfMemory::note_begin() {
    auto const now = Clock::now();
    if (now - last_look.time >= 1s) last_look = {count_kills(), now};
}

bool OutOfMemory::may_have_ended(int wait_status) {
    bool const was_killed = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) == SIGKILL
                                                     : WEXITSTATUS(wait_status) == exit_of_killed;
    return was_killed && count_kills() > last_look.kills;
}

}  // namespace rankpool::batch
