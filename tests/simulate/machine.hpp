// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace rankpool::simulate {

using Nanoseconds = std::chrono::duration<double, std::nano>;

/// What each step of a task's way costs: service times, during which a process does nothing else, and delays,
/// during which only the message waits. All zero: a machine on which nothing but the tasks takes time.
struct Machine {
    // A supervisor's service times.
    Nanoseconds receive{0};      ///< a message of another rank is taken
    Nanoseconds send{0};         ///< and one is sent
    Nanoseconds frame{0};        ///< a frame is put into a message, or taken out of it
    Nanoseconds from_worker{0};  ///< a frame is taken out of a worker's ring
    Nanoseconds to_worker{0};    ///< and one is put into it, and the worker woken
    Nanoseconds wake{0};         ///< the supervisor wakes, where it was asleep: processor time
    Nanoseconds asleep{0};  ///< and until its core is awake; not where cores are shared, and so never sleep
    Nanoseconds scan{0};    ///< it looks into the ring of a worker of its rank, once in each step
    // More at a pool's home.
    Nanoseconds results{0};   ///< a frame of results is counted
    Nanoseconds to_owner{0};  ///< and passed on
    Nanoseconds assign{0};    ///< a batch is decided on and made a message
    Nanoseconds task{0};      ///< each task of a frame
    Nanoseconds byte{0};      ///< each byte that a supervisor passes on
    // The pool's owner.
    Nanoseconds owner_frame{0};  ///< a frame of inputs is sent or one of results taken
    Nanoseconds owner_feed{0};   ///< each input
    Nanoseconds owner_take{0};   ///< each result
    // A worker.
    Nanoseconds worker_frame{0};  ///< a batch is taken and its results are sent
    Nanoseconds worker_task{0};   ///< each task, beside what the user's function takes
    // Delays.
    Nanoseconds network{0};       ///< from one rank to another
    Nanoseconds network_byte{0};  ///< each byte on that way
    Nanoseconds local{0};         ///< between a process and its supervisor
    Nanoseconds loss_notice{0};   ///< until rank 0 knows that a rank is lost
    /// What runs at the same time, of supervisors and workers that do something; 0: everything, as where each
    /// process has a core. Where they are shared, a supervisor keeps its core for `Setup::awake_for` after
    /// its last job, looking for more.
    double cores = 0;
};

struct MachineField {
    std::string_view name;
    Nanoseconds Machine::*field;
};

/// By the names in the calibration file.
inline constexpr std::array machine_fields{
    MachineField{"receive", &Machine::receive},
    MachineField{"send", &Machine::send},
    MachineField{"frame", &Machine::frame},
    MachineField{"from_worker", &Machine::from_worker},
    MachineField{"to_worker", &Machine::to_worker},
    MachineField{"wake", &Machine::wake},
    MachineField{"asleep", &Machine::asleep},
    MachineField{"scan", &Machine::scan},
    MachineField{"results", &Machine::results},
    MachineField{"to_owner", &Machine::to_owner},
    MachineField{"assign", &Machine::assign},
    MachineField{"task", &Machine::task},
    MachineField{"byte", &Machine::byte},
    MachineField{"owner_frame", &Machine::owner_frame},
    MachineField{"owner_feed", &Machine::owner_feed},
    MachineField{"owner_take", &Machine::owner_take},
    MachineField{"worker_frame", &Machine::worker_frame},
    MachineField{"worker_task", &Machine::worker_task},
    MachineField{"network", &Machine::network},
    MachineField{"network_byte", &Machine::network_byte},
    MachineField{"local", &Machine::local},
    MachineField{"loss_notice", &Machine::loss_notice},
};

}  // namespace rankpool::simulate
