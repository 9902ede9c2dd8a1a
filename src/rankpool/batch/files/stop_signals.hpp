// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool::batch {

/// What signals ask of the main worker of a recorded run.
enum class StopRequest {
    none,
    drain,      ///< SIGUSR1: no new task, running ones finish
    end_tasks,  ///< SIGUSR2: running ones are ended too, what they have done is stored
    now,        ///< SIGTERM, SIGINT, SIGHUP: store what is there and go
};

/// From its making on, notes the signals instead of letting them end the process, but for those that it was
/// started to ignore; for the process's whole life. A write beyond the file size limit becomes an error
/// instead of a signal as well.
class StopSignals {
  public:
    StopSignals();

    /// The most urgent request so far.
    [[nodiscard]] static StopRequest requested();
};

}  // namespace rankpool::batch
