// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/core/ids.hpp"
#include "rankpool/schedule/call_ledger.hpp"
#include "rankpool/schedule/ranges.hpp"
#include "rankpool/schedule/scheduler.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace rankpool::schedule {

/// The members of a pool: who lives, who holds which batches, who can take one more, from whom some can be
/// taken back.
class Members {
  public:
    /// What a member has not done yet of what it was given at once.
    struct Batch {
        CallId call;
        Ranges tasks;
        CallLedger::Portion given;
        Ticket ticket;          ///< number 0: it stays with the member
        bool is_begun = false;  ///< all of it, as far as it has not been taken back

        [[nodiscard]] bool is_loose() const { return ticket.number != 0 && !is_begun; }
    };

    enum class UsedUp { no, yes };

    /// A process of a member takes `lifetime` chunks.
    Members(std::size_t size, std::uint64_t lifetime);

    /// There are so many members from now on; returns surplus ones that took work until now.
    std::vector<Member> resize(std::size_t size);
    /// `UsedUp::yes` where it is a surplus one.
    UsedUp up(Member member);
    /// Returns what the member held.
    std::vector<Batch> down(Member member);
    [[nodiscard]] bool is_up(Member member) const { return at(member).life != Life::down; }

    /// The member is given nothing from now on, or what comes as before. It does what it has.
    void rest(Member member);
    void wake(Member member);

    enum class Tie { loose, fixed };
    /// Where it is loose, it may be taken back by the ticket.
    Ticket give(Member member, CallId call, CallLedger::Portion const& portion, Tie tie);
    /// Returns what the member held of `tasks` and now has done.
    std::vector<Range> done(Member member, CallId call, Range tasks);
    /// True once in a process's life: it has all it may get, and nothing of that can be taken back any more.
    bool retires(Member member);

    /// Members that could give some of what they hold back to others that hold nothing, those with most
    /// first: as many as hold nothing, at most. They are asked: not again until they have `given_back`.
    std::vector<Member> ask_loaded();
    [[nodiscard]] bool is_any_loaded() const { return !loaded_.empty(); }
    [[nodiscard]] std::size_t idle() const { return with_.front().size(); }
    /// The batch that a member who is asked should give of.
    [[nodiscard]] Batch const& last_loose(Member member) const;
    /// The member will not begin `tasks` of a batch; none of them, or where it gives all it can: it has begun
    /// the others. Returns what it held of them.
    struct Returned {
        CallId call;
        std::vector<Range> tasks;
    };
    Returned given_back(Member member, Ticket ticket, Range tasks, bool is_all);

    /// Calls `visit(member, batch)` for all that the members hold.
    template <class Visit>
    void for_each_batch(Visit visit) const {
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            for (Batch const& batch : entries_[i].batches) visit(Member{i}, batch);
        }
    }

    /// So many of `tasks` the member holds.
    [[nodiscard]] std::uint64_t held_of(Member member, CallId call, Range tasks) const;
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
    struct Entry {
        Life life = Life::down;
        std::uint64_t chunks_left = 0;
        std::vector<Batch> batches;
        std::array<std::uint16_t, 2> numbers{};  ///< of the batches that were given last, by place
        bool is_asked = false;
        bool has_given_back = false;  ///< it may be long at what it holds: it gets no more behind that
    };

    [[nodiscard]] Entry& at(Member member) { return entries_.at(member.value); }
    [[nodiscard]] Entry const& at(Member member) const { return entries_.at(member.value); }
    static Ticket next_ticket(Entry& entry);
    static std::uint64_t held_by(Entry const& entry);
    /// True if something may be there that it has not begun and that may go elsewhere.
    [[nodiscard]] bool is_loaded(Entry const& entry) const;
    static void forget_empty(Entry& entry);
    /// Every change of an entry happens between these two.
    void unlist(Member member);
    void list(Member member);

    std::uint64_t lifetime_;
    std::size_t size_;
    std::vector<Entry> entries_;  ///< also of surplus members
    std::set<Member> resting_;
    std::array<std::set<Member>, 2> with_;
    std::set<std::pair<std::uint64_t, Member>> loaded_;  ///< with the number of tasks they hold
};

}  // namespace rankpool::schedule
