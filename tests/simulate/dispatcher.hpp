// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/schedule/scheduler.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace rankpool::simulate {

/// Who gets which batch of the one call that is simulated; the events and decisions of schedule::Scheduler.
class Dispatcher {
  public:
    Dispatcher() = default;
    Dispatcher(Dispatcher const&) = delete;
    virtual ~Dispatcher() = default;

    virtual void tasks_added(std::uint64_t count, std::uint64_t bytes) = 0;
    virtual void member_up(Member member) = 0;
    virtual void member_down(Member member) = 0;
    /// True where the member held some of these.
    virtual bool tasks_done(Member member, std::uint64_t first, std::uint64_t count,
                            std::chrono::nanoseconds busy) = 0;
    virtual void tasks_recalled(schedule::Recall const& returned) = 0;
    [[nodiscard]] virtual bool may_recall() const = 0;
    virtual void members_wait() = 0;
    virtual std::optional<schedule::Decision> next() = 0;
    [[nodiscard]] virtual std::uint64_t unfinished() const = 0;
};

enum class Policy {
    rankpool,   ///< the scheduler of pools itself
    guided,     ///< guided self-scheduling (Polychronopoulos, Kuck 1987): the rest over the workers
    factoring,  ///< factoring (Hummel, Schonberg, Flynn 1992): rounds of half of the rest
};

std::unique_ptr<Dispatcher> make_dispatcher(Policy policy, std::size_t workers, std::size_t chunksize);

}  // namespace rankpool::simulate
