// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/fork/local_worker.hpp"
#include "rankpool/rank/outbox.hpp"

#include <cstdint>
#include <optional>

namespace rankpool::supervisor {

/// Passes on the results that a pool's members have complete while they are long at the next task: results of
/// one batch travel together, and such a worker has no time to send them.
class Drafts {
  public:
    explicit Drafts(Outbox& outbox) : outbox_(outbox) {}

    /// The worker has been given something, or has sent something: when it is to be looked at next.
    static Clock::time_point expect(LocalWorker& worker, Clock::time_point now);
    /// Passes on what has been in the worker's draft since the last look. The next look is due after what is
    /// returned, in ns (negative: not before something goes to or comes from it).
    std::int64_t look(LocalWorker& worker, Clock::time_point now);
    /// A frame that began at `position` of the worker's ring, without the records that were passed on before;
    /// nothing where there were none. Empty if all were.
    static std::optional<Buffer> rest_of(LocalWorker& worker, link::Frame const& frame,
                                         std::uint64_t position);

  private:
    void pass_on(LocalWorker& worker, link::RingConsumer::View const& draft);

    Outbox& outbox_;
};

}  // namespace rankpool::supervisor
