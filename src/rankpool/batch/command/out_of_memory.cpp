// SPDX-License-Identifier: MIT
#include "rankpool/batch/command/out_of_memory.hpp"

#include "rankpool/core/deadline.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <fstream>
#include <optional>
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

std::optional<long> kills_in(std::string const& path) {
    std::ifstream file{path};
    std::string name;
    for (long count = 0; file >> name >> count;) {
        if (name == "oom_kill") return count;
    }
    return std::nullopt;
}

/// In the cgroup of this process, of version 2 or 1; where it has none that counts, on this machine.
long count_kills() {
    std::ifstream groups{"/proc/self/cgroup"};
    for (std::string line; std::getline(groups, line);) {
        bool const is_new = line.starts_with("0::");
        if (!is_new && line.find(":memory:") == std::string::npos) continue;
        auto const folder = line.substr(line.find('/'));
        auto const kills = is_new ? kills_in("/sys/fs/cgroup" + folder + "/memory.events")
                                  : kills_in("/sys/fs/cgroup/memory" + folder + "/memory.oom_control");
        if (kills) return *kills;
    }
    return kills_in("/proc/vmstat").value_or(0);
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
