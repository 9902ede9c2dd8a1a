// SPDX-License-Identifier: MIT
#include "rankpool/core/cgroup.hpp"

#include <algorithm>
#include <fstream>
#include <string>

namespace rankpool {
namespace {

namespace fs = std::filesystem;

/// True where `list`, as in "cpu,cpuacct", has the name.
bool has_name(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        auto const end = std::min(list.find(','), list.size());
        if (list.substr(0, end) == name) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

/// Time in each period; nothing where there is no limit. Version 2 has both numbers in one file.
std::optional<double> quota_of(ControlGroup const& group) {
    double quota = 0;
    double period = 0;
    if (group.is_unified) {
        std::ifstream{group.folder / "cpu.max"} >> quota >> period;
    } else {
        std::ifstream{group.folder / "cpu.cfs_quota_us"} >> quota;
        std::ifstream{group.folder / "cpu.cfs_period_us"} >> period;
    }
    if (!(quota > 0 && period > 0)) return std::nullopt;
    return quota / period;
}

}  // namespace

std::vector<ControlGroup> control_groups(std::string_view controller, fs::path const& root) {
    std::vector<ControlGroup> groups;
    std::ifstream in{root / "proc/self/cgroup"};
    // A number, controllers and the group, as in "4:memory:/user"; version 2 has one line, "0::/user".
    for (std::string line; std::getline(in, line);) {
        auto const first = line.find(':');
        auto const second = line.find(':', first + 1);
        if (second == std::string::npos) continue;
        std::string_view const controllers{line.data() + first + 1, second - first - 1};
        bool const is_unified = line.starts_with("0::");
        if (!is_unified && !has_name(controllers, controller)) continue;
        fs::path const top = root / "sys/fs/cgroup" / (is_unified ? "" : controller);
        for (fs::path at = fs::path{line.substr(second + 1)}.relative_path();; at = at.parent_path()) {
            groups.push_back({at.empty() ? top : top / at, is_unified});
            if (at.empty()) break;
        }
    }
    return groups;
}

std::optional<double> cpu_quota(fs::path const& root) {
    std::optional<double> least;
    for (auto const& group : control_groups("cpu", root)) {
        if (auto const quota = quota_of(group)) least = std::min(*quota, least.value_or(*quota));
    }
    return least;
}

}  // namespace rankpool
