// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/unique_fd.hpp"
#include "rankpool/link/allotment.hpp"
#include "rankpool/link/crash_trace.hpp"
#include "rankpool/link/ring.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rankpool::link {

/// What a worker is doing.
enum class Activity : std::uint32_t {
    nothing,
    task,     ///< code of a task, under its time limit
    sending,  ///< handing over a task's result at the pace of the receiver; the task's code may still run
};

/// What a worker shows of itself while it works, for its supervisor to read at any time, also after its
/// death.
struct StatusBoard {
    std::atomic<Activity> activity{Activity::nothing};
    std::atomic<std::uint32_t> call{0};       ///< of the task it is at
    std::atomic<std::uint64_t> task{0};       ///< that task's index in the call
    std::atomic<std::int64_t> started_ns{0};  ///< when that task began, on the steady clock
    /// 1 while it has a batch of several tasks, whose results travel together.
    std::atomic<std::uint32_t> gathers{0};
    /// Of the batches it has.
    std::array<Allotment, 2> allotments;
    CrashTrace crash;
};

/// The two ends of a link.
enum class Side : std::size_t { supervisor = 0, worker = 1 };

/// The shared memory of a link; it begins zeroed.
struct Shared;

/// One end of the connection between a supervisor and one worker process: a ring of frames each way in shared
/// memory, and a socket to sleep on, by which either side also notices the other's death. One thread uses an
/// end.
class Link {
  public:
    /// The descriptors of a link that is not in use yet, as they pass from process to process.
    struct Ends {
        UniqueFd memory;
        UniqueFd supervisor_socket;
        UniqueFd worker_socket;
    };
    /// Bytes of each ring.
    static constexpr std::size_t ring_capacity = 1024 * 1024;

    /// Makes the memory and the sockets. Throws Error where the system has none left; errno says why.
    static Ends make();

    Link(Side side, UniqueFd memory, UniqueFd socket);
    Link(Link&&) = delete;
    ~Link();

    [[nodiscard]] RingProducer& out() { return out_; }
    [[nodiscard]] RingConsumer& in() { return in_; }
    [[nodiscard]] StatusBoard& board();
    /// To poll for readability: a wake-up or the other side's end.
    [[nodiscard]] int socket() const { return socket_.get(); }

    /// Wakes the other side if it sleeps. To be called after commit, and after release where it may wait for
    /// room.
    void wake();
    /// The same where it has not said that it sleeps.
    void wake_in_any_case();
    /// Says that this side is about to sleep; check for frames once more after it, then poll the socket.
    void announce_sleep();
    /// Takes it back; empties the socket where it is `readable`. False when the other side is gone.
    bool end_sleep(bool readable);

    /// Sleeps until the other side wakes this one, `max_ns` have passed (negative: no bound), or it is gone.
    /// Only after announce_sleep and a last look. True if the socket is readable.
    [[nodiscard]] bool sleep(std::int64_t max_ns) const;

  private:
    Side side_;
    UniqueFd socket_;
    Shared* shared_;
    std::array<std::byte*, 2> data_;
    RingProducer out_;
    RingConsumer in_;
};

}  // namespace rankpool::link
