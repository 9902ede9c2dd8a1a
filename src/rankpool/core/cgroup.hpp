// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace rankpool {

/// A control group that bounds this process: its folder, and whether it is one of version 2, where files have
/// other names.
struct ControlGroup {
    std::filesystem::path folder;
    bool is_unified = false;
};

/// The groups of this process that may have the controller, such as "memory", each before the one that it is
/// in (https://docs.kernel.org/admin-guide/cgroup-v2.html). `root` is where the file system begins.
std::vector<ControlGroup> control_groups(std::string_view controller,
                                         std::filesystem::path const& root = "/");

/// So many cores' time its groups leave to this process and the others in them, as a container's CPU limit or
/// a batch system's quota; nothing: they do not say.
std::optional<double> cpu_quota(std::filesystem::path const& root = "/");

}  // namespace rankpool
