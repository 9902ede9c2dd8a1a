// SPDX-License-Identifier: MIT
#include "rankpool/batch/resources/node_supply.hpp"

#include "rankpool/batch/launch/batch_system.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/batch/text/split.hpp"
#include "rankpool/core/cgroup.hpp"
#include "rankpool/core/job_environment.hpp"
#include "rankpool/core/usable_cores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace rankpool::batch {
namespace {

namespace fs = std::filesystem;

std::string content_of(fs::path const& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::optional<std::int64_t> number_in(fs::path const& file) {
    std::ifstream in{file};
    std::int64_t number = 0;
    if (in >> number) return number;
    return std::nullopt;
}

std::vector<std::string> gpus_here() {
    for (char const* name : {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "SLURM_JOB_GPUS"}) {
        auto const named = job_variable(name);
        if (!named || named->empty()) continue;
        if (*named == "-1" || *named == "none" || *named == "NoDevFiles") return {};
        return split(*named, ',');
    }
    std::vector<std::string> gpus;
    std::error_code problem;
    while (fs::exists("/dev/nvidia" + std::to_string(gpus.size()), problem)) {
        gpus.push_back(std::to_string(gpus.size()));
    }
    return gpus;
}

}  // namespace

std::optional<CgroupMemory> memory_of_cgroups() {
    std::optional<CgroupMemory> found;
    for (auto const& [folder, is_unified] : control_groups("memory")) {
        auto const limit = number_in(folder / (is_unified ? "memory.max" : "memory.limit_in_bytes"));
        auto const used = number_in(folder / (is_unified ? "memory.current" : "memory.usage_in_bytes"));
        // Version 1 has a huge number for none.
        if (!limit || !used || *limit >= std::int64_t{1} << 60) continue;
        CgroupMemory const here{*limit, std::max<std::int64_t>(0, *limit - *used)};
        found =
            found ? CgroupMemory{std::min(found->limit, here.limit), std::min(found->left, here.left)} : here;
    }
    return found;
}

std::int64_t memory_info(std::string const& name) {
    std::istringstream in{content_of("/proc/meminfo")};
    std::string word;
    std::int64_t kibibytes = 0;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words{line};
        if (words >> word >> kibibytes && word == name + ":") return kibibytes * 1024;
    }
    return 0;
}

NodeSupply NodeSupply::here() {
    NodeSupply supply;
    supply.cores = usable_cores();
    if (auto const launcher = launchers_process()) {
        auto cores = usable_cores(*launcher);
        if (cores.size() > supply.cores.size()) supply.cores = std::move(cores);
    }
    auto memory = memory_info("MemTotal");
    if (auto const allowed = memory_of_cgroups()) memory = std::min(memory, allowed->limit);
    if (auto const told = BatchSystem::told_memory()) memory = std::min(memory, *told);
    supply.memory = static_cast<std::uint64_t>(memory);
    supply.gpus = gpus_here();
    return supply;
}

std::string NodeSupply::lack_for(Needs const& needs) const {
    if (needs.cpus > cores.size()) {
        return fmt::format("it needs {}, of which this node has {}", counted(needs.cpus, "core"),
                           cores.size());
    }
    if (needs.memory > memory) {
        return fmt::format("it needs {} of memory, of which this node has {}",
                           size_text(static_cast<double>(needs.memory)),
                           size_text(static_cast<double>(memory)));
    }
    if (std::ceil(needs.gpus) > static_cast<double>(gpus.size())) {
        return fmt::format("it needs {} GPUs, of which this node has {}", needs.gpus, gpus.size());
    }
    return {};
}

}  // namespace rankpool::batch
