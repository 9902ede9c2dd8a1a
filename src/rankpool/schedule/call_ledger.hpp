// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"
#include "rankpool/schedule/batch_size.hpp"
#include "rankpool/schedule/pace.hpp"
#include "rankpool/schedule/ranges.hpp"
#include "rankpool/schedule/scheduler.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>

namespace rankpool::schedule {

/// Which tasks of one call are at hand, which are out, which have finished. What is out is known to the
/// Members.
class CallLedger {
  public:
    /// Some consecutive tasks and the chunks they touch.
    struct Portion {
        Range tasks;
        std::uint64_t chunksize = 1;
        /// Tasks of its first chunk that are not in it.
        std::uint64_t into_chunk = 0;

        /// Chunks that the first `count` tasks touch.
        [[nodiscard]] std::uint64_t chunks(std::uint64_t count) const {
            return count == 0 ? 0 : (into_chunk + count - 1) / chunksize + 1;
        }
        [[nodiscard]] std::uint64_t chunks() const { return chunks(tasks.count); }
    };

    CallLedger(CallId id, CallPolicy policy);

    [[nodiscard]] CallId id() const { return id_; }
    [[nodiscard]] bool is_fixed() const { return is_fixed_; }
    [[nodiscard]] bool cancelled() const { return cancelled_; }
    [[nodiscard]] std::uint64_t at_hand() const { return line_.size(); }
    [[nodiscard]] std::uint64_t unfinished() const { return unfinished_.size(); }
    [[nodiscard]] std::uint64_t finished_below() const;
    [[nodiscard]] bool is_untouched() const { return at_hand() == added_; }
    [[nodiscard]] bool is_any_finished() const { return unfinished() != added_; }

    /// The next `count` tasks are at hand, as one parcel.
    void add(std::uint64_t count, std::uint64_t bytes);
    /// The next `count` tasks are out.
    Portion place(std::uint64_t count);
    /// Drops what is at hand.
    void cancel();

    /// What is known of the tasks that are next in line; there are some.
    [[nodiscard]] Outlook outlook(std::size_t members) const;
    /// Takes the next in line: up to `chunks` chunks, of one parcel; a task that lost a worker comes alone.
    Portion take(std::uint64_t chunks);
    /// Tasks that were out and have not run to their end are to go out again, before those that never were;
    /// or are dropped after a cancel.
    void give_back(Range tasks);

    /// Tasks that were out have finished, well or not.
    void finish(Range tasks);
    /// Of results that were passed on before their worker had looked at its clock nothing is known.
    void measure(std::uint64_t count, std::chrono::nanoseconds busy) {
        if (busy.count() > 0) pace_.tell(count, busy);
    }
    /// The task has lost a worker; returns how many by now.
    std::size_t blame(std::uint64_t task) { return ++crashes_[task]; }

  private:
    struct Parcel {
        Range tasks;
        std::uint64_t bytes = 0;
    };

    [[nodiscard]] Parcel const& parcel_of(std::uint64_t task) const;
    Range append(std::uint64_t count, std::uint64_t bytes);

    CallId id_;
    std::uint64_t chunksize_;
    bool is_fixed_;
    bool cancelled_ = false;
    std::uint64_t added_ = 0;
    std::deque<Parcel> parcels_;  // in order, from the one that holds the first unfinished task
    Ranges line_;
    Ranges unfinished_;
    std::map<std::uint64_t, std::size_t> crashes_;
    Pace pace_;
};

}  // namespace rankpool::schedule
