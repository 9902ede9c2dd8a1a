// SPDX-License-Identifier: MIT
#include "rankpool/core/ids.hpp"
#include "rankpool/schedule/scheduler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <variant>
#include <vector>

namespace rankpool::schedule {
namespace {

enum class Fate { queued, out, done, failed, dropped };

struct Task {
    Fate fate = Fate::queued;
    std::size_t crashes = 0;
    bool returned = false;
    bool poison = false;
    std::uint64_t parcel_first = 0;
    std::uint64_t parcel_end = 0;
};

struct Call {
    std::uint64_t chunksize = 1;
    std::chrono::nanoseconds task_time{0};
    bool ragged = false;
    bool cancelled = false;
    std::vector<Task> tasks;

    [[nodiscard]] std::size_t count(Fate fate) const {
        return static_cast<std::size_t>(std::count_if(
            tasks.begin(), tasks.end(), [fate](Task const& task) { return task.fate == fate; }));
    }
};

struct Batch {
    CallId call;
    std::vector<std::uint64_t> tasks;
    Ticket ticket;
    bool begun = false;
    // As it was given, but for what has been taken back:
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::uint64_t into_chunk = 0;
    std::uint64_t chunksize = 1;

    [[nodiscard]] std::uint64_t chunks() const {
        return count == 0 ? 0 : (into_chunk + count - 1) / chunksize + 1;
    }
    [[nodiscard]] bool loose() const { return ticket.number != 0 && !begun; }
};

struct Worker {
    bool up = false;
    bool retiring = false;
    std::uint64_t chunks = 0;
    std::vector<Batch> batches;
    bool gave_back = false;
    std::optional<Recall> asked;
};

/// A task-by-task model of what the scheduler may do, fed with the same random events. Closed calls are
/// forgotten by both.
class World {
  public:
    World(unsigned seed, Policy policy)
        : random_{seed}, policy_{policy}, scheduler_{policy}, workers_(policy.size) {}

    void live(int steps) {
        for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
            event();
            obey();
        }
    }

    /// No more input and no accidents except poison: all must end.
    void wind_down() {
        for (int round = 0; round < 10'000 && !::testing::Test::HasFailure(); ++round) {
            bool const over = std::all_of(calls_.begin(), calls_.end(), [](auto const& each) {
                return each.second.count(Fate::queued) + each.second.count(Fate::out) == 0;
            });
            if (over) return;
            for (std::uint32_t i = 0; i < workers_.size(); ++i) {
                Worker& worker = workers_.at(i);
                scheduler_.members_wait();
                obey();
                if (worker.asked) {
                    answer(Member{i});
                } else if (!worker.up) {
                    up(Member{i});
                } else if (!worker.batches.empty()) {
                    work(Member{i});
                } else if (worker.retiring) {
                    down(Member{i}, EndCause::retired, std::nullopt);
                }
                obey();
            }
        }
        ADD_FAILURE() << "does not end";
    }

    [[nodiscard]] std::size_t failed() const { return failed_; }
    [[nodiscard]] std::size_t done() const { return done_; }
    [[nodiscard]] std::size_t recalls() const { return recalls_; }

  private:
    std::uint64_t below(std::uint64_t bound) {
        return std::uniform_int_distribution<std::uint64_t>{0, bound - 1}(random_);
    }
    bool once_in(std::uint64_t times) { return below(times) == 0; }
    Member any_member() { return Member{static_cast<std::uint32_t>(below(workers_.size()))}; }
    Worker& at(Member member) { return workers_.at(member.value); }
    CallId any_call() {
        auto call = calls_.begin();
        std::advance(call, static_cast<std::ptrdiff_t>(below(calls_.size())));
        return call->first;
    }

    void event() {
        Member const member = any_member();
        if (calls_.empty() || (calls_.size() < 5 && once_in(20))) return open();
        if (once_in(8)) return add();
        if (once_in(40)) return place(member);
        if (once_in(100)) return cancel(any_call());
        if (once_in(30)) return close(any_call());
        if (!at(member).up) return up(member);
        if (once_in(15)) return accident(member);
        if (once_in(4)) return scheduler_.members_wait();
        if (at(member).asked && once_in(2)) return answer(member);
        if (at(member).batches.empty()) {
            if (at(member).retiring) down(member, EndCause::retired, std::nullopt);
            return;
        }
        if (once_in(10)) return progress_anywhere(member);
        work(member);
    }

    void open() {
        CallId const id{opened_++};
        std::uint64_t const chunksize = once_in(2) ? 0 : 1 + below(9);
        Call& call = calls_[id];
        call.chunksize = std::max<std::uint64_t>(chunksize, 1);
        call.task_time = std::chrono::nanoseconds{1} * (std::int64_t{1} << below(27));
        scheduler_.call_opened(id, {.chunksize = chunksize});
    }

    /// Appends a parcel to the model and returns its size.
    std::uint64_t append(Call& call) {
        std::uint64_t count = call.chunksize * (1 + below(12));
        if (once_in(10)) {
            count += below(call.chunksize);
            call.ragged = count % call.chunksize != 0;
        }
        std::uint64_t const first = call.tasks.size();
        for (std::uint64_t i = 0; i < count; ++i) {
            call.tasks.push_back({.poison = once_in(40), .parcel_first = first, .parcel_end = first + count});
        }
        return count;
    }

    void add() {
        CallId const id = any_call();
        Call& call = calls_.at(id);
        if (call.ragged) return;
        std::uint64_t const first = call.tasks.size();
        std::uint64_t const count = append(call);
        if (call.cancelled) {
            for (std::uint64_t i = first; i < first + count; ++i) call.tasks.at(i).fate = Fate::dropped;
        }
        scheduler_.tasks_added(id, count, count * below(100'000));
    }

    void place(Member member) {
        CallId const id = any_call();
        Call& call = calls_.at(id);
        if (call.ragged || call.cancelled) return;
        std::uint64_t const first = call.tasks.size();
        std::uint64_t const count = append(call);
        if (at(member).up) {
            hold(member, id, first, count, {});
        } else {
            for (std::uint64_t i = first; i < first + count; ++i) call.tasks.at(i).returned = true;
        }
        scheduler_.tasks_placed(id, member, count);
    }

    void cancel(CallId id) {
        Call& call = calls_.at(id);
        call.cancelled = true;
        for (Task& task : call.tasks) {
            if (task.fate == Fate::queued) task.fate = Fate::dropped;
        }
        scheduler_.call_cancelled(id);
    }

    void close(CallId id) {
        Call const& call = calls_.at(id);
        if (!call.cancelled && call.count(Fate::queued) + call.count(Fate::out) > 0) return;
        calls_.erase(id);
        scheduler_.call_closed(id);
        EXPECT_EQ(scheduler_.unfinished(id), 0U);
    }

    void up(Member member) {
        at(member) = {};
        at(member).up = true;
        scheduler_.member_up(member);
    }

    void accident(Member member) {
        auto const loss = static_cast<EndCause>(below(4));
        auto const& batches = at(member).batches;
        std::optional<TaskId> running;
        if (!batches.empty() && !once_in(4))
            running = TaskId{batches.front().call, batches.front().tasks.front()};
        if (once_in(10)) running = TaskId{any_call(), 1'000'000};
        down(member, loss, running);
    }

    void down(Member member, EndCause loss, std::optional<TaskId> running) {
        std::vector<Batch> const held = at(member).batches;
        at(member) = {};
        for (Batch const& batch : held) {
            auto const call = calls_.find(batch.call);
            if (call == calls_.end()) continue;
            for (std::uint64_t const number : batch.tasks) {
                bool const ran = running && running->call == batch.call && running->task == number;
                lose(call->second.tasks.at(number), call->second, ran, {batch.call, member, number, loss, 0});
            }
        }
        scheduler_.member_down(member, loss, running);
    }

    void lose(Task& task, Call const& call, bool ran, Fail verdict) {
        task.returned = true;
        task.fate = call.cancelled ? Fate::dropped : Fate::queued;
        if (!ran || call.cancelled || verdict.cause == EndCause::retired) return;
        verdict.crashes = ++task.crashes;
        if (verdict.cause == EndCause::crashed && task.crashes < policy_.crash_limit) return;
        task.fate = Fate::failed;
        due_fails_.push_back(verdict);
    }

    /// Does some of the first batch, up to the first poison, which ends the worker.
    void work(Member member) {
        Batch const& batch = at(member).batches.front();
        auto const call = calls_.find(batch.call);
        auto const poison = [&](std::uint64_t task) {
            return call != calls_.end() && call->second.tasks.at(task).poison;
        };
        if (poison(batch.tasks.front())) {
            return down(member, EndCause::crashed, TaskId{batch.call, batch.tasks.front()});
        }
        std::size_t const most = once_in(2) ? batch.tasks.size() : 1 + below(batch.tasks.size());
        std::size_t count = 1;
        while (count < most && batch.tasks[count] == batch.tasks[0] + count && !poison(batch.tasks[count]))
            ++count;
        tell(member, {batch.call, batch.tasks.front()}, count);
    }

    /// Tells of numbers that need not be the next, nor be held at all.
    void progress_anywhere(Member member) {
        Batch const& batch = at(member).batches.back();
        std::uint64_t const task = batch.tasks.at(below(batch.tasks.size()));
        tell(member, {batch.call, task}, 1 + below(5));
    }

    void tell(Member member, TaskId first, std::uint64_t count) {
        auto const call = calls_.find(first.call);
        for (Batch& batch : at(member).batches) {
            if (batch.call != first.call) continue;
            std::erase_if(batch.tasks, [&](std::uint64_t task) {
                if (task < first.task || task >= first.task + count) return false;
                if (call != calls_.end()) call->second.tasks.at(task).fate = Fate::done;
                ++done_;
                return true;
            });
        }
        settle(member);
        auto const time = call == calls_.end() ? std::chrono::nanoseconds{1} : call->second.task_time;
        scheduler_.tasks_done(member, first, count, time * static_cast<std::int64_t>(count));
    }

    void hold(Member member, CallId id, std::uint64_t first, std::uint64_t count, Ticket ticket) {
        Call& call = calls_.at(id);
        Batch batch{id, {}, ticket, false, first, count, 0, call.chunksize};
        batch.into_chunk = (first - call.tasks.at(first).parcel_first) % call.chunksize;
        for (std::uint64_t task = first; task < first + count; ++task) {
            call.tasks.at(task).fate = Fate::out;
            batch.tasks.push_back(task);
        }
        at(member).chunks += batch.chunks();
        at(member).batches.push_back(batch);
        settle(member);
    }

    /// After a change of what the member holds.
    void settle(Member member) {
        Worker& worker = at(member);
        std::erase_if(worker.batches, [](Batch const& batch) { return batch.tasks.empty(); });
        if (worker.batches.empty()) worker.gave_back = false;
        if (worker.retiring || has_room(worker) || loaded(worker)) return;
        worker.retiring = true;
        due_retires_.push_back(member);
    }
    [[nodiscard]] bool has_room(Worker const& worker) const {
        return policy_.maxtasksperchild == 0 || worker.chunks < policy_.maxtasksperchild;
    }
    [[nodiscard]] bool loaded(Worker const& worker) const {
        std::size_t held = 0;
        bool loose = false;
        for (Batch const& batch : worker.batches) {
            held += batch.tasks.size();
            loose = loose || batch.loose();
        }
        return workers_.size() > 1 && held > 1 && loose;
    }

    /// Gives back what has not begun of the batch that was asked for: from anywhere on, or nothing.
    void answer(Member member) {
        Worker& worker = at(member);
        Recall const recall = *std::exchange(worker.asked, std::nullopt);
        auto const batch = std::find_if(worker.batches.begin(), worker.batches.end(), [&](Batch const& each) {
            return each.ticket.number == recall.ticket.number && each.ticket.place == recall.ticket.place;
        });
        std::uint64_t from = recall.first + recall.count;
        if (batch != worker.batches.end()) {
            from = batch->first + below(batch->count + 1);
            give_back(worker, *batch, from);
        }
        settle(member);
        scheduler_.tasks_recalled(member, recall.ticket, from, recall.first + recall.count - from,
                                  recall.shares);
        ++recalls_;
    }

    void give_back(Worker& worker, Batch& batch, std::uint64_t from) {
        auto const call = calls_.find(batch.call);
        auto const returned = std::erase_if(batch.tasks, [&](std::uint64_t task) {
            if (task < from) return false;
            if (call == calls_.end()) return true;
            Task& each = call->second.tasks.at(task);
            each.returned = true;
            each.fate = call->second.cancelled ? Fate::dropped : Fate::queued;
            return true;
        });
        if (returned == 0) {
            batch.begun = true;
            return;
        }
        worker.gave_back = true;
        worker.chunks -= batch.chunks();
        batch.count = from - batch.first;
        worker.chunks += batch.chunks();
    }

    /// Takes all decisions, each of which must be right; none that is due may be missing.
    void obey() {
        while (auto const decision = scheduler_.next()) {
            std::visit([this](auto const& each) { check(each); }, *decision);
            if (::testing::Test::HasFailure()) return;
        }
        EXPECT_TRUE(due_fails_.empty());
        EXPECT_TRUE(due_retires_.empty());
        bool queued = false;
        for (auto const& [id, call] : calls_) {
            queued = queued || call.count(Fate::queued) > 0;
            EXPECT_EQ(scheduler_.unfinished(id), call.count(Fate::queued) + call.count(Fate::out));
            auto const open = std::find_if(call.tasks.begin(), call.tasks.end(), [](Task const& task) {
                return task.fate == Fate::queued || task.fate == Fate::out;
            });
            EXPECT_EQ(scheduler_.finished_below(id), static_cast<std::uint64_t>(open - call.tasks.begin()));
        }
        EXPECT_FALSE(queued && somebody_idles()) << "work and a member do not meet";
    }

    [[nodiscard]] bool somebody_idles() const {
        return std::any_of(workers_.begin(), workers_.end(), [this](Worker const& worker) {
            return worker.up && !worker.retiring && has_room(worker) && worker.batches.empty();
        });
    }

    void check(Assign const& assign) {
        auto const first_waiting = std::find_if(calls_.begin(), calls_.end(), [](auto const& each) {
            return each.second.count(Fate::queued) > 0;
        });
        ASSERT_NE(first_waiting, calls_.end());
        ASSERT_EQ(first_waiting->first, assign.call) << "the first call with tasks at hand comes first";
        Worker const& worker = at(assign.member);
        ASSERT_TRUE(worker.up && !worker.retiring && has_room(worker));
        ASSERT_FALSE(worker.gave_back) << "what it is at may be long";
        ASSERT_LT(worker.batches.size(), 2U);
        ASSERT_TRUE(worker.batches.empty() || !somebody_idles()) << "idle members come first";

        Call const& call = first_waiting->second;
        ASSERT_GE(assign.count, 1U);
        ASSERT_LE(assign.first + assign.count, call.tasks.size());
        for (std::uint64_t task = assign.first; task < assign.first + assign.count; ++task) {
            ASSERT_EQ(call.tasks.at(task).fate, Fate::queued);
            ASSERT_TRUE(call.tasks.at(task).crashes == 0 || assign.count == 1) << "suspects go alone";
        }
        Task const& first = call.tasks.at(assign.first);
        std::uint64_t const end = assign.first + assign.count;
        ASSERT_LE(end, first.parcel_end);
        expect_whole_chunks(call, assign.first);
        if (end < first.parcel_end) expect_whole_chunks(call, end);

        auto const chunk_of = [&](std::uint64_t task) {
            return (task - first.parcel_first) / call.chunksize;
        };
        std::uint64_t const chunks = chunk_of(end - 1) - chunk_of(assign.first) + 1;
        ASSERT_TRUE(policy_.maxtasksperchild == 0 || worker.chunks + chunks <= policy_.maxtasksperchild);
        hold(assign.member, assign.call, assign.first, assign.count, assign.ticket);
    }

    void check(Recall const& recall) {
        ASSERT_TRUE(somebody_idles());
        Worker& worker = at(recall.member);
        ASSERT_TRUE(worker.up && loaded(worker) && !worker.asked);
        auto const last = std::find_if(worker.batches.rbegin(), worker.batches.rend(),
                                       [](Batch const& batch) { return batch.loose(); });
        ASSERT_NE(last, worker.batches.rend());
        ASSERT_EQ(last->call, recall.call);
        ASSERT_EQ(last->first, recall.first);
        ASSERT_EQ(last->count, recall.count);
        ASSERT_EQ(last->ticket.number, recall.ticket.number);
        ASSERT_EQ(last->ticket.place, recall.ticket.place);
        ASSERT_GE(recall.shares, 2U);
        worker.asked = recall;
    }

    /// A batch may begin or end at `border` only if a chunk does, or if a loss has broken the chunk.
    static void expect_whole_chunks(Call const& call, std::uint64_t border) {
        Task const& task = call.tasks.at(border);
        std::uint64_t const into_chunk = (border - task.parcel_first) % call.chunksize;
        if (into_chunk == 0) return;
        std::uint64_t const begin = border - into_chunk;
        bool broken = false;
        for (std::uint64_t i = begin; i < std::min(begin + call.chunksize, task.parcel_end); ++i) {
            broken = broken || call.tasks.at(i).returned;
        }
        EXPECT_TRUE(broken) << "a chunk was split at " << border;
    }

    void check(Retire const& retire) {
        ASSERT_FALSE(due_retires_.empty());
        EXPECT_EQ(due_retires_.front(), retire.member);
        EXPECT_TRUE(at(retire.member).up);
        due_retires_.pop_front();
    }

    void check(Fail const& fail) {
        ASSERT_FALSE(due_fails_.empty());
        Fail const& due = due_fails_.front();
        EXPECT_EQ(fail.call, due.call);
        EXPECT_EQ(fail.member, due.member);
        EXPECT_EQ(fail.task, due.task);
        EXPECT_EQ(fail.cause, due.cause);
        EXPECT_EQ(fail.crashes, due.crashes);
        due_fails_.pop_front();
        ++failed_;
    }

    std::mt19937 random_;
    Policy policy_;
    Scheduler scheduler_;
    std::vector<Worker> workers_;
    std::map<CallId, Call> calls_;
    std::uint32_t opened_ = 0;
    std::deque<Fail> due_fails_;
    std::deque<Member> due_retires_;
    std::size_t failed_ = 0;
    std::size_t done_ = 0;
    std::size_t recalls_ = 0;
};

TEST(SchedulerPropertyTest, every_task_ends_once_whatever_happens) {
    std::size_t failed = 0;
    std::size_t done = 0;
    std::size_t recalls = 0;
    for (unsigned seed = 1; seed <= 120; ++seed) {
        SCOPED_TRACE(seed);
        World world{
            seed, {.size = 1 + seed % 7, .maxtasksperchild = seed % 3 * 2, .crash_limit = 1 + seed % 4 / 2}};
        world.live(1500);
        world.wind_down();
        if (HasFailure()) return;
        failed += world.failed();
        done += world.done();
        recalls += world.recalls();
    }
    EXPECT_GT(recalls, 500U) << "too quiet a life to show anything";
    EXPECT_GT(failed, 1000U) << "too quiet a life to show anything";
    EXPECT_GT(done, 10'000U) << "too quiet a life to show anything";
    RecordProperty("failed", static_cast<int>(failed));
    RecordProperty("done", static_cast<int>(done));
}

}  // namespace
}  // namespace rankpool::schedule
