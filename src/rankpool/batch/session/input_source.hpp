// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/recording/recorded_run.hpp"
#include "rankpool/batch/session/typed_tasks.hpp"
#include "rankpool/task/random_stream.hpp"
#include "rankpool/wire/buffer_sink.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>

namespace rankpool::batch {

/// Walks a job's inputs once, leaving out what need not be done, and reads some ahead, so that it is known
/// whether there are more. With `--shuffle` they come in random order, out of a window of inputs.
class InputSource {
  public:
    /// Both must outlive it. Tells the run how many inputs there are, where that is known.
    InputSource(TypedTasks& tasks, RecordedRun& run);

    /// Inputs that `next` gives without reading: about as many as are wanted, if reading them is quick; none
    /// only where there are no more, or the range waits for some. What it throws waits for `next`.
    std::size_t available(std::uint64_t wanted);
    /// True if nothing is there but more may come.
    [[nodiscard]] bool waits() const { return !ended_ && ahead_.empty() && !tasks_.is_ready(); }
    /// True if the range has thrown, which `next` will tell when all that came before has been given.
    [[nodiscard]] bool is_broken() const { return error_ != nullptr; }

    /// The next task that is to be done; nothing when there are no more. Throws what the range throws, after
    /// what came before.
    std::unique_ptr<Flight> next();

  private:
    void fill(std::uint64_t wanted);
    void read();
    InputKey key_of_input(Flight const& flight);

    TypedTasks& tasks_;
    RecordedRun& run_;
    wire::BufferSink scratch_;
    std::deque<std::unique_ptr<Flight>> ahead_;
    bool shuffles_;
    bool ended_ = false;
    std::exception_ptr error_;
    RandomStream random_ = random_stream(0, 0);
};

}  // namespace rankpool::batch
