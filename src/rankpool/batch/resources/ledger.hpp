// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/resources/node_supply.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace rankpool::batch {

/// What a task has got.
struct Granted {
    std::vector<int> cores;
    std::vector<std::string> gpus;
};

/// Who has what of a node now, for all processes of a run there: a file of which each byte stands for a core,
/// a thousandth of the memory or a hundredth of a GPU, and is locked by who has it. The kernel gives back
/// what a process had that has died. One thing at a time for each ledger.
///
/// First come, first served: who waits for much is not overtaken by those who want little.
class Ledger {
  public:
    /// Opens or makes it in the run's folder, or if files cannot be locked there, in that for temporary
    /// files. Throws Error where it cannot.
    Ledger(std::filesystem::path const& run_dir, NodeSupply supply);

    /// Waits until there is all that is needed, and `is_wary` until nobody runs who has not said how much
    /// memory it needs. Throws Error where there never will be.
    Granted take(Needs const& needs, bool is_wary = false);
    void give_back();

    /// Removes the files of ended runs from the folder.
    static void remove_files(std::filesystem::path const& run_dir);

  private:
    bool lock(long first, long count, bool waits) const;
    void stand_beside(bool says_memory, bool is_wary) const;
    void take_cores(unsigned count, Granted& granted);
    void take_memory(std::uint64_t bytes);
    void take_gpus(double count, Granted& granted);

    UniqueFd file_;
    bool is_near_ = true;  ///< not on a network's file system, where each lock is a message
    NodeSupply supply_;
};

}  // namespace rankpool::batch
