// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/transport/collective.hpp"

#include <deque>
#include <memory>

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
    class Transfer {
      public:
        virtual ~Transfer() = default;
        virtual Progress step(transport::Collective& collective) = 0;
        /// There will be no more collectives: what is left is to be done by messages.
        virtual void abandon() = 0;
    };

    explicit CollectiveLine(transport::Collective& collective) : collective_(collective) {}

    void add(std::unique_ptr<Transfer> transfer);
    /// A rank has been lost, so that no collective can be entered or finished any more.
    void abandon();
    [[nodiscard]] bool is_abandoned() const { return abandoned_; }
    /// Moves the transfer at the head on; true if anything happened.
    bool poll();
    /// True when there is none to take part in any more.
    [[nodiscard]] bool is_done() const { return transfers_.empty() || abandoned_; }
    /// True while a collective is under way, which needs polling to end.
    [[nodiscard]] bool busy() const { return under_way_; }

  private:
    transport::Collective& collective_;
    std::deque<std::unique_ptr<Transfer>> transfers_;  ///< when abandoned, what MPI may still look at
    bool under_way_ = false;
    bool abandoned_ = false;
};

}  // namespace rankpool::supervisor
