// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <vector>

namespace rankpool::supervisor {

/// The processors that a rank may use, by the system's numbers: one of each core first, cores as they lie
/// next to each other, then the further hardware threads. `usable` is the rank's affinity; where it is all
/// `online` ones, nobody has bound the rank, and the cores of the node are divided among its `ranks`, of
/// which this one is the `place`th, from 0. None where there are fewer cores than ranks. `root` is where the
/// file system begins.
std::vector<int> processors_of_rank(std::vector<int> const& usable, std::size_t online, std::size_t place,
                                    std::size_t ranks, std::filesystem::path const& root = "/");
/// The same of this process.
std::vector<int> processors_of_rank(int place, int ranks);

/// A rank's processors, of which a worker may have one for itself.
class Processors {
  public:
    /// The first of them are given out first.
    explicit Processors(std::vector<int> order) : order_(std::move(order)) {}

    [[nodiscard]] std::size_t count() const { return order_.size(); }
    /// One that no worker has; nothing where there is none.
    std::optional<int> take();
    void give_back(int processor) { taken_.erase(processor); }

  private:
    std::vector<int> order_;
    std::set<int> taken_;
};

}  // namespace rankpool::supervisor
