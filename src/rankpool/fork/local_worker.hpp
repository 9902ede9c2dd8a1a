// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/buffer.hpp"
#include "rankpool/core/deadline.hpp"
#include "rankpool/fork/fork_server.hpp"
#include "rankpool/link/link.hpp"
#include "rankpool/protocol/messages.hpp"

#include <sys/types.h>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace rankpool::supervisor {

/// Names a pool in the whole job: its number and the rank that is its home.
struct PoolKey {
    Rank home;
    PoolId pool;

    friend auto operator<=>(PoolKey const&, PoolKey const&) = default;
};

/// A worker process of this rank, as its supervisor sees it.
struct LocalWorker : std::enable_shared_from_this<LocalWorker> {
    /// A frame that has been read but lies in the ring until it is sent.
    struct InPlace {
        std::uint64_t end;
        bool sent = false;
    };
    struct Membership {
        PoolKey pool;
        Member member;
    };
    /// What is known of the frame of results that the worker is at, and when to look at it.
    struct Drafted {
        std::optional<Clock::time_point> next_look;
        std::chrono::nanoseconds between{0};
        std::uint64_t position = 0;  ///< where that frame begins
        std::uint32_t records = 0;   ///< of it, that have been passed on
        std::uint32_t bytes = 0;
    };
    /// Why the worker is being ended: a task that has broken a limit, or its pool's end.
    struct Verdict {
        EndCause cause = EndCause::crashed;
        CallId call;
        std::uint64_t task = 0;
        Deadline next_at = Deadline::never();
        int next_signal = 0;  ///< what it gets then, if it is still there
    };

    Birth birth;
    Address address;
    pid_t pid = 0;
    std::unique_ptr<link::Link> link;
    std::deque<Buffer> backlog;  ///< frames for it that found no room in the ring
    std::deque<InPlace> in_place;
    std::optional<Membership> membership;
    std::optional<Verdict> verdict;
    Drafted drafts;
    bool touched = false;          ///< it may wait for what has just been written or released
    bool wrote_nonsense = false;   ///< its link is used no longer
    std::optional<int> processor;  ///< that it has for itself
    bool is_being_ended = false;   ///< and it is being ended for that
    bool silent = false;           ///< its socket is closed: it is ending

    /// Hands a frame over, in one or two pieces.
    void give(link::FrameHeader const& header, std::span<std::byte const> head,
              std::span<std::byte const> body);
    /// Hands over a frame that is one piece.
    void give(Buffer frame);
    /// Room in the ring for a frame of that size with its header, or null.
    std::byte* reserve(std::size_t size);
    /// Sends what has been written there, if it is a frame of that size.
    void commit(std::size_t size);
    /// Moves the backlog into the ring as far as it fits; true if anything moved.
    bool flush();
    /// Gives back the room of frames that have been sent.
    void release_sent();
};

/// The workers of this rank by slot.
class WorkerTable {
  public:
    explicit WorkerTable(Rank rank) : rank_(rank) {}

    /// Takes a free slot for a worker to be.
    LocalWorker& add(WorkerKind kind);
    /// The worker at `slot` if it is of that generation and born.
    LocalWorker* find(Slot slot, Generation generation);
    /// The worker at `slot`, born or not.
    LocalWorker* find(Slot slot);
    void remove(Slot slot);

    /// All workers with a link.
    [[nodiscard]] std::vector<std::shared_ptr<LocalWorker>> const& living() const { return living_; }
    /// To be called when `worker` has got its link.
    void set_living(LocalWorker& worker);

  private:
    Rank rank_;
    std::vector<std::shared_ptr<LocalWorker>> slots_;
    std::vector<std::uint32_t> generations_;
    std::vector<std::shared_ptr<LocalWorker>> living_;
};

}  // namespace rankpool::supervisor
