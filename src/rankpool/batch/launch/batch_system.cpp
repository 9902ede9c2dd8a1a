// SPDX-License-Identifier: MIT
#include "rankpool/batch/launch/batch_system.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/text/split.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace rankpool::batch {
namespace {

std::array<BatchSystem const*, 2> const& all() {
    static std::array<BatchSystem const*, 2> const systems{&slurm(), &grid_engine()};
    return systems;
}

template <class Value>
std::optional<Value> first_told(std::optional<Value> (BatchSystem::*what)() const) {
    for (auto const* system : all()) {
        if (auto const told = (system->*what)()) return told;
    }
    return std::nullopt;
}

bool is_in_path(std::string_view program) {
    char const* const path = std::getenv("PATH");
    return std::ranges::any_of(split(path ? path : "", ':'), [&](std::string const& folder) {
        return ::access(fmt::format("{}/{}", folder, program).c_str(), X_OK) == 0;
    });
}

}  // namespace

BatchSystem const* BatchSystem::here() {
    auto const found = std::ranges::find_if(all(), [](auto const* system) { return system->has_this_job(); });
    return found == all().end() ? nullptr : *found;
}

std::optional<double> BatchSystem::told_end() {
    return first_told(&BatchSystem::end);
}
std::optional<double> BatchSystem::told_start() {
    return first_told(&BatchSystem::start);
}
std::optional<std::int64_t> BatchSystem::told_memory() {
    return first_told(&BatchSystem::memory);
}

BatchSystem const& BatchSystem::to_submit_to(std::string const& name) {
    auto const found = std::ranges::find_if(all(), [&](auto const* system) {
        return name.empty() ? is_in_path(system->submitter()) : system->name() == name;
    });
    if (found != all().end()) return **found;
    if (name.empty()) return slurm();
    throw InputError(fmt::format("cannot submit to '{}' (--system must be {} or {})", name, slurm().name(),
                                 grid_engine().name()));
}

}  // namespace rankpool::batch
