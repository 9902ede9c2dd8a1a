// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace rankpool::batch {

/// Finds the nodes on which everything fails: so many tasks one after the other, while as many have succeeded
/// elsewhere since the first of them. A bad part of the inputs fails on all nodes alike, and is none.
class NodeHealth {
  public:
    static constexpr std::uint64_t enough = 10;

    struct Finding {
        std::string host;
        std::uint64_t failures = 0;
        std::uint64_t good_elsewhere = 0;
    };
    /// An attempt has ended on a node. What is found is found once.
    std::optional<Finding> note(std::string const& host, bool is_good);

  private:
    struct Node {
        std::uint64_t good = 0;
        std::uint64_t failures = 0;               ///< since the last that was good
        std::uint64_t good_elsewhere_before = 0;  ///< at the first of these
        bool is_bad = false;
    };

    std::map<std::string, Node> nodes_;
    std::uint64_t good_ = 0;
};

}  // namespace rankpool::batch
