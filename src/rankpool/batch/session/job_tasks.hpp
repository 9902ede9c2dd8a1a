// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/columns/any_value.hpp"
#include "rankpool/batch/columns/fields.hpp"
#include "rankpool/batch/session/measured.hpp"
#include "rankpool/batch/session/task_observer.hpp"
#include "rankpool/batch/session/typed_job.hpp"
#include "rankpool/batch/store/results.hpp"
#include "rankpool/task/partial.hpp"
#include "rankpool/task/task.hpp"

#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>

namespace rankpool::batch {

/// A recorded job's types, for the session that does its tasks. All that is compiled anew for each job is
/// here, and in what a worker does.
template <class J>
class JobTasks final : public TypedJob {
    using Range = std::remove_cvref_t<decltype(std::declval<J&>().inputs())>;
    using Input = std::ranges::range_value_t<Range>;
    using Result = std::remove_cvref_t<typename decltype(detail::result_of_work<J, Input>())::type>;

  public:
    /// The job must outlive it.
    explicit JobTasks(J& job) : job_(job) {}

    JobTraits traits() const override {
        JobTraits traits{.things = "tasks",
                         .watches_memory = requires(J job){job.watch_memory(std::uint64_t{});
    }
    , .takes_place = detail::asks_for_place<J, Input>,
      .shows_tasks = requires(J const& job, Input const& input) {
        job.show(input, TaskPlace{});
    }
};
if constexpr (requires { J::things; }) traits.things = J::things;
return traits;
}  // namespace rankpool::batch

void prepare(Context& context, std::uint64_t memory_limit, bool by_median) override {
    over_.open();
    if constexpr (requires { job_.watch_memory(memory_limit); }) job_.watch_memory(memory_limit);
    if constexpr (requires { job_.prepare(context); }) job_.prepare(context);
    if constexpr (requires { job_.expect_orders(by_median); }) job_.expect_orders(by_median);
}

void open_inputs() override {
    range_.emplace(job_.inputs());
}

RunRecord record() const override {
    RunRecord record;
    record.job = J::name;
    if constexpr (requires { J::version; }) record.job_version = J::version;
    if constexpr (requires { job_.input_columns(); }) {
        record.input_columns = job_.input_columns();
    } else {
        record.input_columns = columns_of<Input>(input_name());
    }
    if constexpr (requires { job_.field_names(); }) record.fields = job_.field_names();
    record.result_columns = columns_of<Result>(result_name());
    return record;
}

double enter(std::string const& folder) override {
    double notice = 0;
    if constexpr (requires { job_.enter(folder); }) job_.enter(folder);
    if constexpr (requires { job_.notice(); }) notice = job_.notice();
    callable_.emplace(bind(job_, over_));
    return notice;
}

void show(Flight const& flight, TaskPlace const& place) const override {
    J const& job = job_;
    if constexpr (requires { job.show(input_of(flight), place); }) job.show(input_of(flight), place);
}
double rounds() const override {
    if constexpr (requires { job_.rounds(); }) {
        return job_.rounds();
    } else {
        return 0;
    }
}

void observe(Store& store, bool goes_on) override {
    if constexpr (requires { job_.observer(store, goes_on); }) observer_ = job_.observer(store, goes_on);
}

void finish(Store& store) override {
    if constexpr (requires(Results<Input, Result> const& results) { job_.finish(results); }) {
        job_.finish(Results<Input, Result>{store});
    }
}

std::optional<std::uint64_t> expected() override {
    if constexpr (std::ranges::sized_range<Range>) {
        return std::ranges::size(*range_);
    } else if constexpr (requires { range_->expected(); }) {
        return range_->expected();
    } else {
        return std::nullopt;
    }
}
bool is_ready() const override {
    if constexpr (requires { range_->is_ready(); }) {
        return range_->is_ready();
    } else {
        return true;
    }
}
std::unique_ptr<Flight> next() override {
    // Not before an input is wanted, since it may throw, and wait for what comes in.
    if (position_) {
        ++*position_;
    } else {
        position_.emplace(std::ranges::begin(*range_));
    }
    if (*position_ == std::ranges::end(*range_)) return nullptr;
    auto flight = std::make_unique<TypedFlight>();
    flight->input = **position_;
    return flight;
}
void encode_input(Flight const& flight, wire::Sink& sink) const override {
    wire::encode(sink, input_of(flight));
}

FunctionId function() const override {
    return Task::id();
}
void encode_callable(wire::Sink& sink) const override {
    Task::encode_callable(sink, *callable_);
}
void encode(Flight const& flight, TaskPlace const& place, wire::Sink& sink) const override {
    Task::encode_arguments(sink, input_of(flight), place);
}
Measurement decode(Flight& flight, wire::Source& source) const override {
    auto measured = wire::decode<Measured<Result>>(source);
    static_cast<TypedFlight&>(flight).result = std::move(measured.result);
    return std::move(measured.measurement);
}

void append_input(Flight const& flight, std::vector<Column> const& columns,
                  std::vector<Value>& values) const override {
    if constexpr (requires { job_.append_input(input_of(flight), values); }) {
        job_.append_input(input_of(flight), values);
        settle_numbers(columns, values);
    } else {
        append_values(input_of(flight), values);
    }
}
bool append_result(Flight const& flight, std::vector<Value>& values) const override {
    auto const& result = result_of(flight);
    if (!result) return false;
    if constexpr (requires { job_.append_result(*result, values); }) {
        job_.append_result(*result, values);
    } else {
        append_values(*result, values);
    }
    return true;
}
std::optional<std::vector<std::pair<std::string, Value>>> more_values(Flight const& flight) const override {
    if constexpr (requires { job_.more_values(*result_of(flight)); }) {
        return job_.more_values(*result_of(flight));
    } else {
        return std::nullopt;
    }
}

void taken(Flight const& flight) override {
    if (observer_) observer_->taken(flight.task, flight.key);
}
void passed_over(Flight const& flight) override {
    if (observer_) {
        observer_->passed_over(flight.task, flight.key, input_of(flight),
                               flight.before.state == Claim::State::done);
    }
}
void succeeded(Attempt const& attempt, Flight const& flight) override {
    if (observer_) observer_->succeeded(attempt, input_of(flight), *result_of(flight));
}
void failed(Attempt const& attempt, Flight const& flight) override {
    if (observer_) observer_->failed(attempt, input_of(flight));
}
void tick() override {
    if (observer_) observer_->tick();
}
void end() override {
    if (observer_) observer_->end();
}
void direct(RecordedRun const& run) override {
    over_.tell(run);
    if constexpr (requires { job_.direct(run); }) job_.direct(run);
}

private:
struct TypedFlight final : Flight {
    void drop_result() override { result.reset(); }

    Input input{};
    std::optional<Result> result;
};
static Input const& input_of(Flight const& flight) {
    return static_cast<TypedFlight const&>(flight).input;
}
static std::optional<Result> const& result_of(Flight const& flight) {
    return static_cast<TypedFlight const&>(flight).result;
}

static auto bind(J const& job, RunOver const& over) {
    return rankpool::partial<&perform<J, Input, Result>>(job, over);
}
using Callable = decltype(bind(std::declval<J const&>(), std::declval<RunOver const&>()));
using Task = task::Task<Callable, Input, TaskPlace>;
static_assert(std::is_same_v<typename Task::Result, Measured<Result>>);

static char const* input_name() {
    if constexpr (requires { J::input_name; }) {
        return J::input_name;
    } else {
        return "input";
    }
}
static char const* result_name() {
    if constexpr (requires { J::result_name; }) {
        return J::result_name;
    } else {
        return "result";
    }
}

J& job_;
RunOver over_;
std::optional<Callable> callable_;
std::optional<Range> range_;
std::optional<std::ranges::iterator_t<Range>> position_;
std::unique_ptr<TaskObserver<Input, Result>> observer_;
}
;

}  // namespace rankpool::batch
