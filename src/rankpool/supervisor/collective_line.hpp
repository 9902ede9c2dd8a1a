// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/transport/collective.hpp"

#include <deque>
#include <functional>

namespace rankpool::supervisor {

/// The collectives that this supervisor has to take part in, one after the other. Rank 0 announces them all,
/// so that every rank has them in the same order.
class CollectiveLine {
  public:
    /// What a step of a transfer has led to.
    enum class Progress {
        started,  ///< a collective is under way; step again when it is done
        waiting,  ///< the next one cannot start yet
        finished,
    };
    using Step = std::function<Progress(transport::Collective&)>;

    explicit CollectiveLine(transport::World& world) : collective_(world) {}

    void add(Step step) { steps_.push_back(std::move(step)); }
    /// Moves the transfer at the head on; true if anything happened.
    bool poll();
    /// True while a collective is under way, which needs polling to end.
    [[nodiscard]] bool busy() const { return under_way_; }

  private:
    transport::Collective collective_;
    std::deque<Step> steps_;
    bool under_way_ = false;
};

}  // namespace rankpool::supervisor
