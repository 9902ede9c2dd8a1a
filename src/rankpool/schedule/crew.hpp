// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"
#include "rankpool/schedule/ranges.hpp"
#include "rankpool/schedule/scheduler.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace rankpool::schedule {

/// The members of a pool: who lives, who holds which batches, who can take one more.
class Crew {
  public:
    /// What a member has not done yet of what it was given at once.
    struct Batch {
        CallId call;
        Ranges tasks;
    };
    enum class UsedUp { no, yes };

    /// A process of a member takes `lifetime` chunks.
    Crew(std::size_t size, std::uint64_t lifetime);

    /// There are so many members from now on; returns surplus ones that took work until now.
    std::vector<Member> resize(std::size_t size);
    /// `UsedUp::yes` where it is a surplus one.
    UsedUp up(Member member);
    /// Returns what the member held.
    std::vector<Batch> down(Member member);
    [[nodiscard]] bool is_up(Member member) const { return at(member).life != Life::down; }

    /// `UsedUp::yes` once in a process's life, when it has got its last chunk.
    UsedUp give(Member member, CallId call, Range tasks, std::uint64_t chunks);
    /// Returns what the member held of `tasks` and now has done.
    std::vector<Range> done(Member member, CallId call, Range tasks);

    /// The first task of what the member holds.
    [[nodiscard]] std::optional<TaskId> oldest_of(Member member) const;
    /// Members, with those that are down: their successors are on the way.
    [[nodiscard]] std::size_t size() const { return size_; }
    /// The lowest member that takes work and holds exactly `batches`, 0 or 1.
    [[nodiscard]] std::optional<Member> with(std::size_t batches) const;
    /// Chunks that the member's process may still get.
    [[nodiscard]] std::uint64_t chunks_left(Member member) const { return at(member).chunks_left; }

  private:
    enum class Life { down, taking, retiring };
    struct Place {
        Life life = Life::down;
        std::uint64_t chunks_left = 0;
        std::vector<Batch> batches;
    };

    [[nodiscard]] Place& at(Member member) { return places_.at(member.value); }
    [[nodiscard]] Place const& at(Member member) const { return places_.at(member.value); }
    /// Every change of a place happens between these two.
    void unlist(Member member);
    void list(Member member);

    std::uint64_t lifetime_;
    std::size_t size_;
    std::vector<Place> places_;  ///< also of surplus members
    std::array<std::set<Member>, 2> with_;
};

}  // namespace rankpool::schedule
