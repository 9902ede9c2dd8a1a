// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace rankpool::batch {

/// Finds the nodes on which everything fails: so many tasks one after the other, while as many of those that
/// stand between them have succeeded elsewhere. Where a stretch of the inputs is bad, all of it fails,
/// wherever it is tried.
class NodeHealth {
  public:
    static constexpr std::uint64_t enough = 10;

    struct Finding {
        std::string host;
        std::uint64_t failures = 0;
        std::uint64_t good_elsewhere = 0;
    };
    /// An attempt of a task has ended on a node. What is found is found once.
    std::optional<Finding> note(std::string const& host, std::int64_t task, bool is_good);

  private:
    struct Success {
        std::int64_t task = 0;
        std::string const* host = nullptr;
    };
    /// So many of the last ones are looked at.
    static constexpr std::size_t most_successes = 10'000;

    [[nodiscard]] std::uint64_t good_elsewhere(std::string const& host,
                                               std::set<std::int64_t> const& failed) const;

    /// The tasks that have failed since the last success, of each node; of the first to come, at most so
    /// many.
    static constexpr std::size_t most_failures = 1000;
    std::map<std::string, std::set<std::int64_t>> failed_;
    std::set<std::string> bad_;
    std::deque<Success> successes_;
};

}  // namespace rankpool::batch
