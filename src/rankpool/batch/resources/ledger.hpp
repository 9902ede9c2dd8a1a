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

/// Who has what of a node now, for all processes of a run there: a file, never written, of which each byte
/// stands for a core, a byte of the memory or a billionth of a GPU, and is locked by who has it. The kernel
/// gives back what a process had that has died. One thing at a time for each ledger.
///
/// First come, first served: who waits for much is not overtaken by those who want little.
///
/// Tasks of which nobody knows how much memory they need hold a worker's share of it, in an account of its
/// own: it counts only for those that have been ended for want of memory, and are tried again.
class Ledger {
  public:
    /// Which of a node's workers it is for, and what no task of theirs has more of.
    struct Worker {
        unsigned index = 0;
        unsigned count = 1;
        std::uint64_t memory_limit = 0;  ///< bytes; 0: none
    };
    enum class Memory {
        as_needed,  ///< what the needs say, or none
        share,      ///< a worker's
        again,      ///< what the needs say, beside the shares of others as well
    };

    /// Opens or makes it in the run's folder, or if files cannot be locked there, or are on other machines,
    /// in that for temporary files. Throws Error where it cannot.
    Ledger(std::filesystem::path const& run_dir, NodeSupply supply, Worker worker);
    Ledger(std::filesystem::path const& run_dir, NodeSupply supply)
        : Ledger(run_dir, std::move(supply), Worker{}) {}
    Ledger(Ledger&&) = default;
    ~Ledger();

    /// Waits until there is all that is needed. Throws Error where there never will be.
    Granted take(Needs const& needs, Memory memory = Memory::as_needed);
    void give_back();

    /// Removes the files of ended runs from the folder.
    static void remove_files(std::filesystem::path const& run_dir);

  private:
    bool lock(long first, long count, bool waits) const;
    void take_cores(unsigned count, Granted& granted);
    [[nodiscard]] bool take_free(long first, long size, long count) const;
    void take_memory(long first, long count) const;
    void take_share() const;
    void take_gpus(double count, Granted& granted);

    UniqueFd file_;
    std::filesystem::path temporary_;  ///< the file, where the last one is to remove it
    NodeSupply supply_;
    unsigned worker_;
    unsigned workers_;
    std::uint64_t limit_;
};

}  // namespace rankpool::batch
