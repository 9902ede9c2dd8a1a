// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/command/command_start.hpp"
#include "rankpool/batch/resources/ledger.hpp"
#include "rankpool/batch/resources/memory_need.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/sync/semaphore.hpp"

#include <string>
#include <vector>

namespace rankpool::batch {

/// The time in which a command has what it needs for itself: from when there is enough of it until this ends.
class Turn {
  public:
    /// Of a command that ends with its turn, or one that stays and has had its memory before.
    enum class Of { command, persistent_command };

    /// Waits for a unit of each of `limits`, which are of the whole run, and for the needs on this node, of
    /// memory as is known; `waited`: for so long. Throws Error where there will never be enough.
    Turn(Of of, Needs const& needs, KnownMemory const& known, unsigned workers_on_node,
         std::vector<Semaphore> const& limits, std::string const& run_dir, Clock::duration& waited);
    Turn(Turn const&) = delete;
    Turn& operator=(Turn const&) = delete;
    ~Turn();

    /// Lets the command run on its cores and GPUs, and tells it so in the variables that programs look at,
    /// but for those that the user has set.
    void prepare(CommandSurroundings& surroundings) const;

  private:
    void take(Ledger::Memory memory, unsigned workers_on_node, std::string const& run_dir);
    void try_to_take(Ledger::Memory memory, unsigned workers_on_node, std::string const& run_dir);

    Needs needs_;
    std::uint64_t memory_limit_;
    std::vector<Semaphore> held_;
    Ledger* ledger_ = nullptr;
    Granted granted_;
};

/// Adds the variables by which a command is told of its cores, but for those that the user has set.
void add_thread_variables(std::vector<std::string>& environment, unsigned cpus);

}  // namespace rankpool::batch
