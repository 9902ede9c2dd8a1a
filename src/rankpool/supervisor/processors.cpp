// SPDX-License-Identifier: MIT
#include "rankpool/supervisor/processors.hpp"

#include "rankpool/core/usable_cores.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <utility>

namespace rankpool::supervisor {
namespace {

namespace fs = std::filesystem;

/// A number that the system says of a processor; the processor's own where it says nothing.
int said_of(int processor, char const* what, fs::path const& root) {
    auto const name = "cpu" + std::to_string(processor);
    std::ifstream in{root / "sys/devices/system/cpu" / name / "topology" / what};
    int number = 0;
    return in >> number ? number : processor;
}

/// Each core's processors, cores as they lie in their packages.
std::vector<std::vector<int>> cores_of(std::vector<int> const& processors, fs::path const& root) {
    std::map<std::pair<int, int>, std::vector<int>> cores;
    for (int const processor : processors) {
        cores[{said_of(processor, "physical_package_id", root), said_of(processor, "core_id", root)}]
            .push_back(processor);
    }
    std::vector<std::vector<int>> all;
    for (auto& [place, core] : cores) all.push_back(std::move(core));
    return all;
}

}  // namespace

std::vector<int> processors_of_rank(std::vector<int> const& usable, std::size_t online, std::size_t place,
                                    std::size_t ranks, fs::path const& root) {
    auto cores = cores_of(usable, root);
    if (usable.size() >= online && ranks > 1) {
        auto const begin_of = [&](std::size_t rank) {
            return static_cast<std::ptrdiff_t>(rank * cores.size() / ranks);
        };
        if (cores.size() < ranks) return {};
        cores = {cores.begin() + begin_of(place), cores.begin() + begin_of(place + 1)};
    }
    std::vector<int> order;
    for (std::size_t thread = 0; order.size() < usable.size(); ++thread) {
        auto const before = order.size();
        for (auto const& core : cores) {
            if (thread < core.size()) order.push_back(core[thread]);
        }
        if (order.size() == before) break;
    }
    return order;
}

std::vector<int> processors_of_rank(int place, int ranks) {
    return processors_of_rank(usable_cores(), static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN)),
                              static_cast<std::size_t>(place), static_cast<std::size_t>(ranks));
}

std::optional<int> Processors::take() {
    auto const free =
        std::ranges::find_if(order_, [this](int processor) { return !taken_.contains(processor); });
    if (free == order_.end()) return std::nullopt;
    taken_.insert(*free);
    return *free;
}

}  // namespace rankpool::supervisor
