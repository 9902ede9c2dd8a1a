// SPDX-License-Identifier: MIT
#include "rankpool/schedule/scheduler.hpp"

#include "rankpool/schedule/batch_size.hpp"
#include "rankpool/schedule/call_ledger.hpp"
#include "rankpool/schedule/members.hpp"
#include "rankpool/schedule/ranges.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>

namespace rankpool::schedule {

class Scheduler::State {
  public:
    explicit State(Policy policy)
        : crash_limit_{policy.crash_limit},
          members_{policy.size, policy.maxtasksperchild > 0 ? policy.maxtasksperchild
                                                            : std::numeric_limits<std::uint64_t>::max()} {}

    void resize(std::size_t size) {
        for (Member const member : members_.resize(size)) pending_.emplace_back(Retire{member});
    }

    void member_up(Member member) {
        if (members_.up(member) == Members::UsedUp::yes) pending_.emplace_back(Retire{member});
    }

    void member_down(Member member, EndCause cause, std::optional<TaskId> running) {
        std::erase_if(pending_, [member](Decision const& decision) {
            auto const* retire = std::get_if<Retire>(&decision);
            auto const* recall = std::get_if<Recall>(&decision);
            return (retire != nullptr && retire->member == member) ||
                   (recall != nullptr && recall->member == member);
        });
        for (Members::Batch& batch : members_.down(member)) {
            Entry* const entry = find(batch.call);
            if (entry == nullptr) continue;
            if (running && running->call == batch.call && batch.tasks.contains(running->task)) {
                charge_loss(member, cause, running->task, entry->ledger, batch.tasks);
            }
            for (Range const rest : batch.tasks.cut(Ranges::everything)) entry->ledger.give_back(rest);
            queue(*entry);
        }
    }

    void member_rests(Member member) { members_.rest(member); }
    void member_wakes(Member member) { members_.wake(member); }

    void call_opened(CallId call, CallPolicy policy) {
        [[maybe_unused]] bool const fresh =
            calls_
                .try_emplace(call,
                             Entry{{-std::int64_t{policy.priority}, opened_++}, CallLedger{call, policy}})
                .second;
        assert(fresh);
        ++priorities_[policy.priority];
    }

    void tasks_added(CallId call, std::uint64_t count, std::uint64_t bytes) {
        Entry* const entry = find(call);
        if (entry == nullptr) return;
        entry->ledger.add(count, bytes);
        queue(*entry);
        let_pass(*entry);
    }

    void tasks_placed(CallId call, Member member, std::uint64_t count) {
        Entry* const entry = find(call);
        if (entry == nullptr || count == 0) return;
        auto const portion = entry->ledger.place(count);
        if (members_.is_up(member)) {
            give(member, entry->ledger, portion, Members::Tie::fixed);
        } else {
            entry->ledger.give_back(portion.tasks);
            queue(*entry);
        }
    }

    void call_cancelled(CallId call) {
        Entry* const entry = find(call);
        if (entry == nullptr) return;
        entry->ledger.cancel();
        queue(*entry);
    }

    void call_closed(CallId call) {
        Entry* const entry = find(call);
        if (entry == nullptr) return;
        auto const priority = priorities_.find(entry->priority());
        if (--priority->second == 0) priorities_.erase(priority);
        waiting_.erase(entry->order);
        calls_.erase(call);
    }

    bool tasks_done(Member member, TaskId first, std::uint64_t count, std::chrono::nanoseconds busy) {
        auto const done = members_.done(member, first.call, {first.task, count});
        if (done.empty()) return false;
        retire_if_due(member);
        Entry* const entry = find(first.call);
        if (entry == nullptr) return true;
        for (Range const tasks : done) entry->ledger.finish(tasks);
        entry->ledger.measure(count, busy);
        return true;
    }

    [[nodiscard]] std::optional<TaskId> oldest_of(Member member) const { return members_.oldest_of(member); }

    [[nodiscard]] std::uint64_t held_of(Member member, TaskId first, std::uint64_t count) const {
        return members_.held_of(member, first.call, {first.task, count});
    }

    std::optional<Decision> next() {
        if (!pending_.empty()) {
            Decision const decision = pending_.front();
            pending_.pop_front();
            return decision;
        }
        if (waiting_.empty()) return std::nullopt;
        Entry& entry = *waiting_.begin()->second;
        auto const member = taker(entry.ledger);
        if (!member) return std::nullopt;
        std::uint64_t const worth = batch_chunks(entry.ledger.outlook(members_.size()));
        auto const portion = entry.ledger.take(std::min(worth, members_.chunks_left(*member)));
        queue(entry);
        auto const tie = entry.ledger.is_fixed() ? Members::Tie::fixed : Members::Tie::loose;
        Ticket const ticket = give(*member, entry.ledger, portion, tie);
        return Assign{entry.ledger.id(), *member, portion.tasks.first, portion.tasks.count, ticket};
    }

    void tasks_recalled(Member member, Ticket ticket, Range tasks, std::size_t shares) {
        auto const returned = members_.given_back(member, ticket, tasks, shares == Recall::all);
        if (Entry* const entry = find(returned.call); entry != nullptr) {
            for (Range const piece : returned.tasks) entry->ledger.give_back(piece);
            queue(*entry);
        }
        retire_if_due(member);
    }

    void recall_call(CallId call) {
        Entry* const entry = find(call);
        if (entry == nullptr) return;
        entry->is_held = true;
        queue(*entry);
        members_.for_each_batch([&](Member member, Members::Batch const& batch) {
            if (batch.call == call && batch.is_loose()) recall(member, batch, Recall::all);
        });
    }

    [[nodiscard]] std::optional<bool> has_come_back(CallId call) const {
        CallLedger const* const of = ledger(call);
        if (of == nullptr || of->is_untouched()) return true;
        if (of->is_any_finished()) return false;
        bool is_any_held = false;
        bool is_any_begun = false;
        members_.for_each_batch([&](Member /*member*/, Members::Batch const& batch) {
            if (batch.call != call) return;
            is_any_held = true;
            is_any_begun |= !batch.is_loose();
        });
        if (is_any_begun || !is_any_held) return false;
        return std::nullopt;
    }

    void resume_call(CallId call) {
        Entry* const entry = find(call);
        if (entry == nullptr) return;
        entry->is_held = false;
        queue(*entry);
    }

    [[nodiscard]] bool may_recall() const {
        return waiting_.empty() && members_.idle() > 0 && members_.is_any_loaded();
    }

    void members_wait() {
        if (!may_recall()) return;
        std::size_t const idle = members_.idle();
        auto const asked = members_.ask_loaded();
        for (Member const member : asked) {
            recall(member, members_.last_loose(member), 1 + idle / asked.size());
        }
    }

    [[nodiscard]] CallLedger const* ledger(CallId call) const {
        auto const entry = calls_.find(call);
        return entry == calls_.end() ? nullptr : &entry->second.ledger;
    }

  private:
    /// The negative priority, and how many calls were opened before.
    using Order = std::pair<std::int64_t, std::uint64_t>;
    struct Entry {
        Order order;
        CallLedger ledger;
        bool is_held = false;  ///< nothing of it is handed out for now

        [[nodiscard]] int priority() const { return static_cast<int>(-order.first); }
    };

    [[nodiscard]] Entry* find(CallId call) {
        auto const entry = calls_.find(call);
        return entry == calls_.end() ? nullptr : &entry->second;
    }

    /// Keeps `waiting_` true after a change of what is at hand.
    void queue(Entry& entry) {
        if (entry.ledger.at_hand() > 0 && !entry.is_held) {
            waiting_.try_emplace(entry.order, &entry);
        } else {
            waiting_.erase(entry.order);
        }
    }

    /// Takes back what members were given ahead of calls with a lower priority.
    void let_pass(Entry const& entry) {
        if (priorities_.begin()->first >= entry.priority()) return;
        members_.for_each_batch([&](Member member, Members::Batch const& batch) {
            Entry const* const other = batch.is_loose() ? find(batch.call) : nullptr;
            if (other != nullptr && other->priority() < entry.priority()) recall(member, batch, Recall::all);
        });
    }

    void recall(Member member, Members::Batch const& batch, std::size_t shares) {
        pending_.emplace_back(Recall{batch.call, member, batch.given.tasks.first, batch.given.tasks.count,
                                     batch.ticket, shares});
    }

    [[nodiscard]] std::optional<Member> taker(CallLedger const& first_in_line) const {
        if (auto const idle = members_.with(0)) return idle;
        auto const working = members_.with(1);
        if (!working) return std::nullopt;
        Outlook outlook = first_in_line.outlook(members_.size());
        // Each of the other waiting calls has one task at least: many calls of one task are no tail.
        outlook.at_hand += waiting_.size() - 1;
        return prefetch_pays(outlook) ? working : std::nullopt;
    }

    Ticket give(Member member, CallLedger const& ledger, CallLedger::Portion const& portion,
                Members::Tie tie) {
        Ticket const ticket = members_.give(member, ledger.id(), portion, tie);
        retire_if_due(member);
        return ticket;
    }

    /// Not before it is known that the process keeps what it has: it may have to take other tasks for those
    /// that go elsewhere.
    void retire_if_due(Member member) {
        if (members_.retires(member)) pending_.emplace_back(Retire{member});
    }

    /// Blames `task` for the loss; if that is its end, takes it out of `held`.
    void charge_loss(Member member, EndCause cause, std::uint64_t task, CallLedger& ledger, Ranges& held) {
        if (cause == EndCause::retired || ledger.cancelled()) return;
        std::size_t const crashes = ledger.blame(task);
        if (cause == EndCause::crashed && crashes < crash_limit_) return;
        held.cut({task, 1});
        ledger.finish({task, 1});
        pending_.emplace_back(Fail{ledger.id(), member, task, cause, crashes});
    }

    std::size_t crash_limit_;
    Members members_;
    std::uint64_t opened_ = 0;
    std::unordered_map<CallId, Entry> calls_;
    std::map<int, std::size_t> priorities_;  // how many open calls have each
    std::map<Order, Entry*> waiting_;        // calls with tasks at hand
    std::deque<Decision> pending_;           // all but Assign
};

Scheduler::Scheduler(Policy policy) : state_{std::make_unique<State>(policy)} {}
Scheduler::Scheduler(Scheduler&&) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&&) noexcept = default;
Scheduler::~Scheduler() = default;

void Scheduler::resize(std::size_t size) {
    state_->resize(size);
}
void Scheduler::member_up(Member member) {
    state_->member_up(member);
}
void Scheduler::member_down(Member member, EndCause cause, std::optional<TaskId> running) {
    state_->member_down(member, cause, running);
}
void Scheduler::member_rests(Member member) {
    state_->member_rests(member);
}
void Scheduler::member_wakes(Member member) {
    state_->member_wakes(member);
}
void Scheduler::call_opened(CallId call, CallPolicy policy) {
    state_->call_opened(call, policy);
}
void Scheduler::tasks_added(CallId call, std::uint64_t count, std::uint64_t bytes) {
    state_->tasks_added(call, count, bytes);
}
void Scheduler::tasks_placed(CallId call, Member member, std::uint64_t count) {
    state_->tasks_placed(call, member, count);
}
void Scheduler::call_cancelled(CallId call) {
    state_->call_cancelled(call);
}
void Scheduler::call_closed(CallId call) {
    state_->call_closed(call);
}
bool Scheduler::tasks_done(Member member, TaskId first, std::uint64_t count, std::chrono::nanoseconds busy) {
    return state_->tasks_done(member, first, count, busy);
}
void Scheduler::tasks_recalled(Member member, Ticket ticket, std::uint64_t first, std::uint64_t count,
                               std::size_t shares) {
    state_->tasks_recalled(member, ticket, {first, count}, shares);
}
void Scheduler::recall_call(CallId call) {
    state_->recall_call(call);
}
std::optional<bool> Scheduler::has_come_back(CallId call) const {
    return state_->has_come_back(call);
}
void Scheduler::resume_call(CallId call) {
    state_->resume_call(call);
}
bool Scheduler::may_recall() const {
    return state_->may_recall();
}
void Scheduler::members_wait() {
    state_->members_wait();
}
std::optional<TaskId> Scheduler::oldest_of(Member member) const {
    return state_->oldest_of(member);
}
std::uint64_t Scheduler::held_of(Member member, TaskId first, std::uint64_t count) const {
    return state_->held_of(member, first, count);
}
std::optional<Decision> Scheduler::next() {
    return state_->next();
}

std::uint64_t Scheduler::unfinished(CallId call) const {
    CallLedger const* const ledger = state_->ledger(call);
    return ledger == nullptr ? 0 : ledger->unfinished();
}
std::uint64_t Scheduler::finished_below(CallId call) const {
    CallLedger const* const ledger = state_->ledger(call);
    return ledger == nullptr ? 0 : ledger->finished_below();
}

}  // namespace rankpool::schedule
