// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

/// Processes of this machine as the kernel shows them.
namespace rankpool::support {

struct ProcessEntry {
    char state = 0;
    pid_t parent = 0;
    pid_t group = 0;
};

inline std::optional<ProcessEntry> process_entry(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    // The name before it may hold anything.
    std::istringstream rest{line.substr(line.rfind(')') + 1)};
    ProcessEntry entry;
    rest >> entry.state >> entry.parent >> entry.group;
    return entry;
}

/// False for one that has ended, also if nobody has waited for it.
inline bool is_running(pid_t pid) {
    auto const entry = process_entry(pid);
    return entry && entry->state != 'Z' && entry->state != 'X';
}

inline bool group_is_running(pid_t group) {
    for (auto const& folder : std::filesystem::directory_iterator{"/proc"}) {
        std::string const name = folder.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        pid_t const pid = std::stoi(name);
        auto const entry = process_entry(pid);
        if (entry && entry->group == group && is_running(pid)) return true;
    }
    return false;
}

inline pid_t parent_of(pid_t pid) {
    return process_entry(pid).value().parent;
}

/// The most bytes a process has had in memory.
inline std::uint64_t peak_memory(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
    }
    return 0;
}

}  // namespace rankpool::support
