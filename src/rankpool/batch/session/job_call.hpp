// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/any_value.hpp"
#include "rankpool/batch/columns/fields.hpp"
#include "rankpool/batch/columns/input_text.hpp"
#include "rankpool/batch/session/input_source.hpp"
#include "rankpool/batch/session/loss.hpp"
#include "rankpool/batch/session/measured.hpp"
#include "rankpool/batch/session/recorded_run.hpp"
#include "rankpool/batch/session/task_observer.hpp"
#include "rankpool/batch/session/worker_watch.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/pool/pool_core.hpp"
#include "rankpool/task/partial.hpp"
#include "rankpool/task/task.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <unordered_map>

namespace rankpool::batch {

/// The call of a recorded job's `work` on its inputs: hands them to the pool as a few are wanted, and holds
/// what comes back until it is recorded. Holds no more inputs than the run's window.
template <class J>
class JobCall final : public pool::Call {
    using Range = std::remove_cvref_t<decltype(std::declval<J&>().inputs())>;

  public:
    using Input = std::ranges::range_value_t<Range>;
    using Result = std::remove_cvref_t<typename decltype(detail::result_of_work<J, Input>())::type>;

    JobCall(J const& job, Range inputs, RecordedRun& run)
        : job_(job), callable_(bind(job)), source_(std::move(inputs), run), run_(run) {}

    void set_hosts(pool::PoolCore const& pool) { pool_ = &pool; }

    using Observer = TaskObserver<Input, Result>;
    /// Tells this observer, from now on.
    void observe_by(Observer& observer) {
        observer_ = &observer;
        source_.tell_of_passed_over([&observer](Item<Input> const& item) {
            observer.passed_over(item.task, item.input, item.before.state == Claim::State::done);
        });
    }

    std::optional<std::uint64_t> total() override { return std::nullopt; }
    FunctionId function() const override { return Task::id(); }
    void encode_callable(wire::Sink& sink) const override { Task::encode_callable(sink, callable_); }

    bool has_input() override {
        if (current_) return true;
        if (run_.is_over()) return false;
        if (auto const due = next_due(); due != again_.end()) {
            current_ = std::move(*due);
            again_.erase(due);
        } else {
            run_.store_safely([this] { current_ = source_.next(); });
        }
        return current_.has_value();
    }
    void encode_input(wire::Sink& sink) override { encode(sink, *current_); }
    void advance(std::uint64_t task, bool /*keep*/) override {
        last_input_ = Clock::now();
        flights_.emplace(task, std::move(*current_));
        current_.reset();
        run_.tally().in_flight = flights_.size();
    }
    void encode_kept(std::uint64_t task, wire::Sink& sink) override { encode(sink, flights_.at(task)); }
    void drop_kept(std::uint64_t /*task*/) override {}

    void take_value(pool::TaskReport const& report, wire::Source& value) override {
        // If this throws, take_failure follows.
        auto measured = wire::decode<Measured<Result>>(value);
        run_.note_size(report.bytes);
        arrivals_.push_back({report, std::move(measured), {}});
    }
    void take_failure(pool::TaskReport const& report, std::exception_ptr error) override {
        arrivals_.push_back({report, {}, std::move(error)});
    }
    void take_busy(std::chrono::nanoseconds time) override {
        run_.tally().worked += std::chrono::duration<double>(time).count();
    }
    [[nodiscard]] bool keeps_prefix() const override { return true; }
    [[nodiscard]] std::uint64_t input_room() const override {
        if (run_.is_over()) return 1;  // has_input will say that there is none
        std::uint64_t const under_way = flights_.size();
        std::uint64_t const window = run_.window();
        if (under_way >= window) return 0;
        std::uint64_t const room = window - under_way;
        auto const due = static_cast<std::uint64_t>(std::ranges::count_if(again_, is_due));
        std::uint64_t const at_hand = due + (current_ ? 1 : 0) + available(room);
        if (at_hand > 0) return std::min(room, at_hand);
        if (!again_.empty() || source_.waits()) return 0;
        // What is under way may have to be tried again: that there are no more inputs is not told before.
        return under_way > 0 && !source_.is_broken() ? 0 : 1;
    }

    [[nodiscard]] bool has_arrivals() const { return !arrivals_.empty(); }
    /// How soon to look for what comes from elsewhere: after a moment while it comes, less often while not.
    [[nodiscard]] std::chrono::milliseconds interval() const {
        using namespace std::chrono_literals;
        return source_.waits() && Clock::now() - last_input_ < 1s ? 1ms : longest_interval;
    }
    static constexpr std::chrono::milliseconds longest_interval{50};
    /// Stores what has come.
    void record_arrivals() {
        while (!arrivals_.empty()) {
            Arrival arrival = std::move(arrivals_.front());
            arrivals_.pop_front();
            auto flight = flights_.extract(arrival.report.task);
            run_.store_safely([&] { record(std::move(flight.mapped()), arrival); });
        }
        run_.tally().in_flight = flights_.size();
        // Before the next is handed out: the first may show that there is no time for it.
        run_.look_at_time();
    }

    /// Tells the run what the workers that have answered are doing.
    void note_workers(pool::RollCall const& roll) {
        Tally& tally = run_.tally();
        auto const& present = roll.present();
        if (roll.is_complete() && tally.workers.size() > present.size()) {
            std::set<std::pair<int, int>> alive;
            for (auto const& presence : present) alive.emplace(presence.rank.value, presence.what.pid);
            tally.keep_workers(alive);
        }
        auto const listed = worst_first(present);
        tally.now.clear();
        tally.now_left_out = present.size() - listed.size();
        auto const enough = Deadline::after(most_for_texts);
        for (auto const& presence : listed) tally.now.push_back(worker_now(presence, !enough.passed()));
    }

    static constexpr bool shows_tasks = requires(J const& job, Input const& input) {
        job.show(input, TaskPlace{});
    };
    /// For a dry run: all that would be done is counted, shown by a job that has something to show, and let
    /// go.
    void read_all_inputs() {
        while (auto const item = source_.next()) {
            if constexpr (shows_tasks) {
                job_.show(item->input, TaskPlace{item->task, number_of_attempt(*item)});
            }
            run_.tick(false);
        }
    }

  private:
    static auto bind(J const& job) { return rankpool::partial<&perform<J, Input, Result>>(job); }
    using Callable = decltype(bind(std::declval<J const&>()));
    using Task = task::Task<Callable, Input, TaskPlace>;
    static_assert(std::is_same_v<typename Task::Result, Measured<Result>>);

    struct Arrival {
        pool::TaskReport report;
        Measured<Result> measured;
        std::exception_ptr error;
    };

    static unsigned number_of_attempt(Item<Input> const& item) {
        return item.before.attempts + item.failures + 1;
    }
    void encode(wire::Sink& sink, Item<Input> const& item) {
        Task::encode_arguments(
            sink, item.input,
            TaskPlace{item.task, number_of_attempt(item), run_.terms().time_limit(),
                      run_.terms().largest_memory(), item.failed_memory, item.memory_failures});
    }

    static bool is_due(Item<Input> const& item) {
        return item.next_try == Clock::time_point{} || Clock::now() >= item.next_try;
    }
    auto next_due() { return std::ranges::find_if(again_, is_due); }

    [[nodiscard]] std::uint64_t available(std::uint64_t wanted) const {
        std::uint64_t count = 0;
        run_.store_safely([&] { count = source_.available(wanted); });
        return count;
    }

    void record(Item<Input> item, Arrival& arrival) {
        if (!arrival.error) run_.tally().measured += arrival.measured.measurement.seconds;
        Attempt attempt = arrival.error ? attempt_of(arrival.error, arrival.report)
                                        : attempt_of(arrival.measured.measurement);
        if (attempt.command && !arrival.error && attempt.outcome == Outcome::ok)
            run_.terms().note_memory(attempt.command->peak_memory);
        attempt.task = item.task;
        attempt.number = number_of_attempt(item);
        attempt.rank = arrival.report.rank.value;
        attempt.host = pool_->host_of(arrival.report.rank);
        values_.clear();
        append_input(item.input);
        std::size_t const inputs = values_.size();
        if (arrival.measured.result) {
            append_values(*arrival.measured.result, values_);
            if constexpr (requires { job_.more_values(*arrival.measured.result); }) {
                run_.append_more(job_.more_values(*arrival.measured.result), values_);
            }
            if (fit_for_store(values_)) {
                run_.record_result(attempt, values_, item.before.state == Claim::State::failed);
                if (observer_) observer_->succeeded(attempt, item.input, *arrival.measured.result);
                return;
            }
            values_.resize(inputs);
            attempt.outcome = Outcome::failed;
            attempt.error = "the result has a field that is too large for the database (beyond 900 MB)";
        }
        // Slurm tells all processes at once to end, also what a task has started.
        if (run_.was_told_to_end()) return;
        if (attempt.command && attempt.command->cause == "told") return run_.pass_over(attempt);
        ++item.failures;
        if (attempt.command && attempt.command->cause == "memory" && item.memory_failures++ == 0)
            item.failed_memory =
                static_cast<std::uint64_t>(std::max<std::int64_t>(0, attempt.command->peak_memory));
        bool const begun = arrival.error || arrival.measured.measurement.begun;
        if (!begun && item.not_begun < most_not_begun) ++item.not_begun;
        bool const again = run_.tries_again(attempt, item.failures - item.not_begun);
        run_.record_failure(attempt, values_, !again);
        if (!again && observer_) observer_->failed(attempt, item.input);
        if (again) item.next_try = run_.terms().next_try(item.failures - item.not_begun);
        if (again) again_.push_back(std::move(item));
    }

    /// The workers as the status lists them: those that have been at a task for longest, then the others.
    std::vector<pool::Presence> worst_first(std::vector<pool::Presence> listed) const {
        auto const comes_before = [this](pool::Presence const& one, pool::Presence const& other) {
            bool const is_at_task = at_task(one);
            if (is_at_task != at_task(other)) return is_at_task;
            if (is_at_task && one.since != other.since) return one.since < other.since;
            return one.what.member < other.what.member;
        };
        auto const count = std::min(listed.size(), most_workers_told);
        std::ranges::partial_sort(listed, listed.begin() + static_cast<std::ptrdiff_t>(count), comes_before);
        listed.resize(count);
        return listed;
    }

    /// False also where the result of the task has come since.
    [[nodiscard]] bool at_task(pool::Presence const& presence) const {
        return presence.what.doing != link::Doing::nothing && presence.what.call == id &&
               flights_.contains(presence.what.task);
    }

    WorkerNow worker_now(pool::Presence const& presence, bool with_text) {
        WorkerNow now;
        now.rank = presence.rank.value;
        now.pid = presence.what.pid;
        now.host = pool_->host_of(presence.rank);
        if (!at_task(presence)) return now;
        now.doing =
            presence.what.doing == link::Doing::sending ? WorkerNow::Doing::sending : WorkerNow::Doing::task;
        std::chrono::duration<double> const ago = Clock::now() - presence.since;
        now.since = now_seconds() - ago.count();
        now.begun = presence.since;
        Item<Input>& item = flights_.at(presence.what.task);
        now.task = item.task;
        if (item.text.empty() && with_text) {
            values_.clear();
            append_input(item.input);
            item.text = input_text(run_.record().input_columns, values_, longest_text);
        }
        now.input = item.text;
        return now;
    }

    void append_input(Input const& input) {
        if constexpr (requires { job_.append_input(input, values_); }) {
            job_.append_input(input, values_);
            settle_numbers(run_.record().input_columns, values_);
        } else {
            append_values(input, values_);
        }
    }

    static constexpr std::size_t most_workers_told = 1000;
    static constexpr std::size_t longest_text = 100;
    /// So often a task is given to another worker that could not be begun, before that counts as a failure.
    static constexpr unsigned most_not_begun = 10;
    /// Inputs may be large: writing them down short must not cost more than this each time.
    static constexpr std::chrono::milliseconds most_for_texts{1};

    J const& job_;
    Callable callable_;
    mutable InputSource<Range> source_;
    RecordedRun& run_;
    pool::PoolCore const* pool_ = nullptr;
    Observer* observer_ = nullptr;
    std::optional<Item<Input>> current_;
    std::deque<Item<Input>> again_;
    std::unordered_map<std::uint64_t, Item<Input>> flights_;
    std::deque<Arrival> arrivals_;
    Clock::time_point last_input_ = Clock::now();
    std::vector<Value> values_;
};

}  // namespace rankpool::batch
