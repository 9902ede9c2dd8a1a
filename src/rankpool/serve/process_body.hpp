// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/protocol/process_messages.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <optional>

namespace rankpool::worker {

/// A worker process that has been started as a Process: runs its function and ends.
class ProcessBody : public FrameHandler {
  public:
    explicit ProcessBody(WorkerState& state);

    /// The life of the process; returns its exit code.
    int run();

    void on_frame(link::Frame const& frame) override;
    bool work() override { return false; }

  private:
    void call();
    void complain() const;

    WorkerState& state_;
    std::optional<link::ProcessTerms> terms_;
    Buffer surroundings_;
    Buffer arguments_;
    bool parent_lost_ = false;
};

/// Tells the parent that the arguments are there; to be called before the function is.
void process_begins();

}  // namespace rankpool::worker
