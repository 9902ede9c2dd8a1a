// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/end_cause.hpp"
#include "rankpool/core/ids.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace rankpool::schedule {

/// How a pool treats its workers.
struct Policy {
    /// Number of members.
    std::size_t size = 1;
    /// A process is retired after this many units of work; 0: never.
    std::size_t maxtasksperchild = 0;
    /// A task that has taken this many workers with it has failed.
    std::size_t crash_limit = 2;
};

/// How one call is to be handed out.
struct CallPolicy {
    /// Tasks that stay together; 0: one by one, as many at a time as pays.
    std::size_t chunksize = 0;
    /// Tasks of calls with a higher one are handed out first; those of equal ones in the order of opening.
    int priority = 0;
    /// What a member has been given stays with it.
    bool is_fixed = false;
};

/// Tells a batch from the others of its member's process: the member has two places for batches, and each
/// counts those it has had.
struct Ticket {
    std::uint16_t place = 0;
    std::uint16_t number = 0;
};

/// One task of a call.
struct TaskId {
    CallId call;
    std::uint64_t task = 0;
};

/// Tasks `first` .. `first + count` of `call` are to go to `member` now, after all it was given before.
struct Assign {
    CallId call;
    Member member;
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    /// By which to recall them; number 0: they cannot be.
    Ticket ticket{};
};
/// Some members have nothing to do: what `member` has not begun of a batch is to be taken back, but for one
/// of `shares` equal parts, and told by `tasks_recalled`.
struct Recall {
    CallId call;
    Member member;
    /// The batch as it was assigned.
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    Ticket ticket{};
    std::size_t shares = 0;

    /// For `shares`: nothing is kept but what has been begun.
    static constexpr std::size_t all = UINT32_MAX;
};
/// Nothing more goes to this process of `member`: it is to end when its batches are done.
struct Retire {
    Member member;
};
/// The task has failed for good: its worker was lost as told.
struct Fail {
    CallId call;
    Member member;
    std::uint64_t task = 0;
    EndCause cause = EndCause::crashed;
    /// Workers it has taken with it.
    std::size_t crashes = 0;
};
using Decision = std::variant<Assign, Recall, Retire, Fail>;

/// Who gets which batch next: events in, decisions out; no clock, no messages, no bytes.
///
/// Tasks of a call are numbered from 0 in the order they are added. After each event, call `next` until it
/// gives nothing. A member has at most two batches, so that the next is there before the last is done.
/// Batches are sized by factoring (Hummel, Schonberg, Flynn 1992: half of the rest over the places for
/// batches), bounded by `batch_time` of measured work, by `batch_bytes`, and by the parcel the tasks came in.
/// A chunk is handed out whole, except for what a lost member leaves of it or is recalled. While members have
/// nothing to do, what others have not begun is recalled whenever `members_wait` says that this has lasted.
/// Not for use by several threads at once.
class Scheduler {
  public:
    static constexpr std::chrono::nanoseconds batch_time = std::chrono::milliseconds{20};
    static constexpr std::size_t batch_bytes = 128 * 1024;
    static constexpr std::uint64_t most_tasks = (1U << 24U) - 1;

    explicit Scheduler(Policy policy);
    Scheduler(Scheduler&&) noexcept;
    Scheduler& operator=(Scheduler&&) noexcept;
    ~Scheduler();

    /// There are so many members from now on, the first ones: others are retired.
    void resize(std::size_t size);
    /// A fresh process of `member` is ready for work.
    void member_up(Member member);
    /// The process of `member` has ended, while it ran `running` if it ran anything. That task bears the
    /// loss; what else it held and tasks_done has not told goes to others.
    void member_down(Member member, EndCause cause, std::optional<TaskId> running);

    /// `member` gets nothing from now on, but does what it has; or takes work again.
    void member_rests(Member member);
    void member_wakes(Member member);

    void call_opened(CallId call, CallPolicy policy);
    /// The next `count` tasks of `call`, together `bytes` long, are at hand: one parcel.
    /// `chunksize` divides every parcel's position but the last parcel's count need not be a multiple of it.
    void tasks_added(CallId call, std::uint64_t count, std::uint64_t bytes);
    /// The next `count` tasks of `call` are at hand and already with `member`, given by a collective.
    void tasks_placed(CallId call, Member member, std::uint64_t count);
    /// No tasks of `call` will be handed out any more; those running go on and are told as usual.
    void call_cancelled(CallId call);
    /// All of `call` has been told: forget it.
    void call_closed(CallId call);

    /// `member` has completed `count` tasks of what it holds, `first` and on, in `busy` of work. False if it
    /// holds none of them.
    bool tasks_done(Member member, TaskId first, std::uint64_t count, std::chrono::nanoseconds busy);

    /// Nothing more of `call` is handed out, and what members have not begun is recalled, to find out whether
    /// any of it has been begun.
    void recall_call(CallId call);
    /// True once all of the call has come back, or where it is not open; false when some of it has been begun
    /// or cannot come back.
    [[nodiscard]] std::optional<bool> has_come_back(CallId call) const;
    /// It is handed out as before.
    void resume_call(CallId call);

    /// A Recall into `shares` has been carried out: `count` tasks of the batch, `first` and on, will not be
    /// begun; none if all had been.
    void tasks_recalled(Member member, Ticket ticket, std::uint64_t first, std::uint64_t count,
                        std::size_t shares);
    /// True while a member has nothing to do and another has what may not have begun.
    [[nodiscard]] bool may_recall() const;
    /// That has been so for longer than it takes to hand out the next tasks.
    void members_wait();

    /// How many of `count` tasks, `first` and on, the member holds.
    [[nodiscard]] std::uint64_t held_of(Member member, TaskId first, std::uint64_t count) const;
    /// The next decision, or nothing until another event comes.
    std::optional<Decision> next();

    /// The first task, of those told, that `member` has and has not done: what it is running, most likely.
    [[nodiscard]] std::optional<TaskId> oldest_of(Member member) const;
    /// Tasks of `call` that are neither done nor failed nor cancelled, among those added; 0 when it is not
    /// open.
    [[nodiscard]] std::uint64_t unfinished(CallId call) const;
    /// Tasks of `call` below this number are done, failed or cancelled: their bytes may go; 0 when it is not
    /// open.
    [[nodiscard]] std::uint64_t finished_below(CallId call) const;

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace rankpool::schedule
