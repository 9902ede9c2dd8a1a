// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/turn.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

namespace rankpool::batch {
namespace {

constexpr std::array thread_variables{"OMP_NUM_THREADS",     "OPENBLAS_NUM_THREADS",   "MKL_NUM_THREADS",
                                      "BLIS_NUM_THREADS",    "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS",
                                      "NUMEXPR_NUM_THREADS", "JULIA_NUM_THREADS",      "RAYON_NUM_THREADS",
                                      "GOMAXPROCS"};

NodeSupply const& supply_here() {
    static NodeSupply const supply = NodeSupply::here();
    return supply;
}

/// This worker's, which does one task at a time, of one run.
Ledger& ledger_of(std::string const& run_dir) {
    static Ledger ledger{run_dir, supply_here()};
    return ledger;
}

void set(std::vector<std::string>& environment, std::string const& name, std::string const& value) {
    bool const is_set = std::ranges::any_of(
        environment, [&](std::string const& variable) { return variable.starts_with(name + "="); });
    if (!is_set) environment.push_back(fmt::format("{}={}", name, value));
}

}  // namespace

Turn::Turn(Needs const& needs, KnownMemory const& known, bool ends, unsigned workers_on_node,
           std::vector<Semaphore> const& limits, std::string const& run_dir, Clock::duration& waited)
    : needs_(needs) {
    auto const start = Clock::now();
    if (known.peak > 0 || known.failures > 0)
        needs_.memory = memory_need(needs.memory, known, supply_here().memory, workers_on_node);
    try {
        for (auto const& limit : limits) {
            limit.acquire();
            held_.push_back(limit);
        }
        bool const has_neighbours = ends && workers_on_node > 1;
        if (!needs_.is_none() || has_neighbours)
            take(!needs.is_none(), has_neighbours && known.had_too_many_beside(), run_dir);
        waited = Clock::now() - start;
    } catch (...) {
        for (auto const& limit : held_) limit.unlock();
        throw;
    }
}

void Turn::take(bool is_asked, bool is_wary, std::string const& run_dir) {
    try {
        ledger_ = &ledger_of(run_dir);
    } catch (Error const&) {
        // What nobody has asked for may be left out.
        if (is_asked) throw;
        return;
    }
    granted_ = ledger_->take(needs_, is_wary);
}

Turn::~Turn() {
    if (ledger_) ledger_->give_back();
    for (auto const& limit : held_) limit.unlock();
}

void Turn::prepare(CommandSurroundings& surroundings) const {
    auto& environment = surroundings.environment;
    surroundings.cores = granted_.cores;
    if (needs_.cpus > 0) {
        for (char const* name : thread_variables) {
            if (!std::getenv(name)) set(environment, name, std::to_string(needs_.cpus));
        }
    }
    if (needs_.gpus > 0) {
        auto const names = fmt::format("{}", fmt::join(granted_.gpus, ","));
        for (char const* name : {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"})
            set(environment, name, names);
    }
}

}  // namespace rankpool::batch
