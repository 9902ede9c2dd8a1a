// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/deadline.hpp"
#include "rankpool/link/status_messages.hpp"

#include <cstdint>
#include <vector>

namespace rankpool::pool {

/// A worker of the pool as its rank has just seen it.
struct Presence {
    Rank rank;
    link::MemberActivity what;
    Clock::time_point since;  ///< when its task began, on this process's clock
};

/// What the ranks answer when a pool's owner asks what its workers do: one round after the other.
class StatusQuery {
  public:
    /// `hosts`: ranks that will answer.
    explicit StatusQuery(std::size_t hosts) : hosts_(hosts) {}

    /// The question of the next round; answers to earlier ones do not count any more.
    link::StatusRound ask();
    void take(link::Frame const& answer);

    /// True when all ranks have answered.
    [[nodiscard]] bool is_complete() const { return answered_ == hosts_; }
    [[nodiscard]] std::size_t hosts() const { return hosts_; }
    /// The workers that live, as far as their ranks have answered.
    [[nodiscard]] std::vector<Presence> const& present() const { return present_; }

  private:
    std::size_t hosts_;
    std::size_t answered_ = 0;
    std::uint64_t round_ = 0;
    std::vector<Presence> present_;
};

}  // namespace rankpool::pool
