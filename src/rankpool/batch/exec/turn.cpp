// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/turn.hpp"

#include "rankpool/worker/current_process.hpp"

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
Ledger& ledger_of(std::string const& run_dir, unsigned workers_on_node, std::uint64_t memory_limit) {
    auto const index = static_cast<unsigned>(current_process().local_index().value_or(0));
    static Ledger ledger{run_dir, supply_here(), Ledger::Worker{index, workers_on_node, memory_limit}};
    return ledger;
}

/// From which account. One that failed for its memory is tried again beside what others may have.
Ledger::Memory account(Turn::Of of, std::uint64_t memory, KnownMemory const& known,
                       unsigned workers_on_node) {
    if (of == Turn::Of::persistent_command || workers_on_node == 1) return Ledger::Memory::as_needed;
    if (known.failures > 0) return Ledger::Memory::again;
    return memory > 0 ? Ledger::Memory::as_needed : Ledger::Memory::share;
}

void set(std::vector<std::string>& environment, std::string const& name, std::string const& value) {
    bool const is_set = std::ranges::any_of(
        environment, [&](std::string const& variable) { return variable.starts_with(name + "="); });
    if (!is_set) environment.push_back(fmt::format("{}={}", name, value));
}

}  // namespace

Turn::Turn(Of of, Needs const& needs, KnownMemory const& known, unsigned workers_on_node,
           std::vector<Semaphore> const& limits, std::string const& run_dir, Clock::duration& waited)
    : needs_(needs), memory_limit_(known.limit) {
    auto const start = Clock::now();
    if (known.peak > 0 || known.failures > 0)
        needs_.memory = memory_need(needs.memory, known, supply_here().memory, workers_on_node);
    auto const memory = account(of, needs_.memory, known, workers_on_node);
    try {
        for (auto const& limit : limits) {
            limit.acquire();
            held_.push_back(limit);
        }
        if (!needs.is_none()) {
            take(memory, workers_on_node, run_dir);
        } else if (!needs_.is_none() || memory == Ledger::Memory::share) {
            try_to_take(memory, workers_on_node, run_dir);
        }
        waited = Clock::now() - start;
    } catch (...) {
        for (auto const& limit : held_) limit.unlock();
        throw;
    }
}

void Turn::take(Ledger::Memory memory, unsigned workers_on_node, std::string const& run_dir) {
    ledger_ = &ledger_of(run_dir, workers_on_node, memory_limit_);
    granted_ = ledger_->take(needs_, memory);
}

/// What nobody has asked for may be left out.
void Turn::try_to_take(Ledger::Memory memory, unsigned workers_on_node, std::string const& run_dir) {
    try {
        take(memory, workers_on_node, run_dir);
    } catch (Error const&) {
        if (ledger_) ledger_->give_back();
        ledger_ = nullptr;
    }
}

Turn::~Turn() {
    if (ledger_) ledger_->give_back();
    for (auto const& limit : held_) limit.unlock();
}

void Turn::prepare(CommandSurroundings& surroundings) const {
    auto& environment = surroundings.environment;
    surroundings.cores = granted_.cores;
    add_thread_variables(environment, needs_.cpus);
    if (needs_.gpus > 0) {
        auto const names = fmt::format("{}", fmt::join(granted_.gpus, ","));
        for (char const* name : {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"})
            set(environment, name, names);
    }
}

void add_thread_variables(std::vector<std::string>& environment, unsigned cpus) {
    if (cpus == 0) return;
    for (char const* name : thread_variables) {
        if (!std::getenv(name)) set(environment, name, std::to_string(cpus));
    }
}

}  // namespace rankpool::batch
