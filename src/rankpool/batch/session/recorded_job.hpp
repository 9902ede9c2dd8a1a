// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/files/stop_signals.hpp"
#include "rankpool/batch/job/job_base.hpp"
#include "rankpool/batch/session/job_call.hpp"
#include "rankpool/batch/session/recorded_run.hpp"
#include "rankpool/batch/store/key.hpp"
#include "rankpool/batch/store/results.hpp"
#include "rankpool/context/context.hpp"
#include "rankpool/core/outside.hpp"
#include "rankpool/worker/here.hpp"

#include <memory>

namespace rankpool::batch {

/// What a recorded job is: work that falls into tasks, one for each input. A plain struct with these members:
///
///     struct Squares {
///         static constexpr char const* name = "squares";  // after `rankpool run`
///         static constexpr char const* summary = "The squares of 1, 2, ...";
///
///         // In every process; must not touch files.
///         void add_options(OptionSet& options) { options.add("--count", count, "How many"); }
///         // Once, in the main worker.
///         std::vector<long> inputs();
///         // In some worker.
///         Square work(long input) const;
///         // In the main worker, when all are done.
///         void finish(Results<long, Square> const& results);
///         // What work() needs of *this.
///         template <class Archive>
///         void serialize(Archive& archive, unsigned version);
///
///         long count = 10;
///     };
///
/// `inputs` gives any input range, which may be a stream without end: inputs are read as workers need them.
/// It may read files into members; those that serialize() names go to every worker once. Inputs and results
/// are numbers, texts or structs whose serialize() names its fields by BOOST_SERIALIZATION_NVP: they become
/// the columns of the results table. What work() throws is recorded, and fails that task only.
///
/// `add_options` may take a CLI::App& instead, for what an OptionSet has not.
///
/// `work` may take a TaskPlace after the input.
///
/// Optional: `static constexpr int version`, to be raised when the results of old runs are no longer right;
/// `static constexpr char const*` `things`, what tasks are called, and `input_name` and `result_name`, what
/// the columns of inputs and results are called that are no structs; `finish`, which is called when every
/// input has a result; `watch_memory(bytes)`, which is told --memory-limit before `inputs`, where `work`
/// itself sees to it; `input_columns` and `append_input`, where the fields of inputs are known only then;
/// `prepare(context)`, before `inputs`; `more_values(result)`, names and values of further columns of a
/// result, which the table gets as they come; `enter(folder)`, which is told the run directory; `rounds()`,
/// see expectation; `show(input, place)`, for --dry-run; `observer(store, goes_on)`, a
/// TaskObserver. Where `work` takes a TaskPlace it sees to --timeout, by the place's `limit`.
template <class J>
concept IsRecordedJob = std::default_initializable<J> && std::copyable<J> && requires(J job) {
    {std::string{J::name}};
    {std::string{J::summary}};
    job.inputs();
} &&(
    requires(J job, OptionSet& options) { job.add_options(options); } ||
    requires(J job, CLI::App& command) { job.add_options(command); });

template <class J>
class RecordedJob final : public Job {
    static_assert(IsRecordedJob<J>,
                  "rankpool: a recorded job needs name, summary, add_options, inputs and work, see "
                  "rankpool/batch/session/recorded_job.hpp. Or derive from rankpool::batch::Job");
    using Call = JobCall<J>;
    using Input = typename Call::Input;
    using Result = typename Call::Result;

  public:
    std::string name() const override { return J::name; }
    std::string summary() const override { return J::summary; }
    void add_options(OptionSet& options) override {
        if constexpr (requires { job_.add_options(options); }) {
            job_.add_options(options);
        } else {
            job_.add_options(options.command());
        }
    }
    bool is_recorded() const override { return true; }

    ExitCode run(Context& context, Run& run) override {
        StopSignals const signals;
        if constexpr (watches_memory) {
            job_.watch_memory(parse_size(run.settings().memory_limit).value_or(0));
        }
        if constexpr (!detail::asks_for_place<J, Input>) {
            if (run.settings().timeout.ends_with('%')) {
                throw InputError(
                    "cannot take --timeout by the median of a job's tasks (exec alone does). Give a "
                    "duration?");
            }
        }
        if constexpr (requires { job_.prepare(context); }) job_.prepare(context);
        if constexpr (requires { job_.expect_orders(true); })
            job_.expect_orders(run.settings().timeout.ends_with('%'));
        auto inputs = job_.inputs();
        RecordedRun recorded{run, record(run), things(), context.size(), context.workers()};
        if constexpr (requires { job_.enter(std::string{}); }) job_.enter(recorded.folder());
        if constexpr (requires { job_.notice(); }) recorded.give_notice(job_.notice());
        auto const call = std::make_shared<Call>(job_, std::move(inputs), recorded);
        if (run.settings().dry_run) {
            call->read_all_inputs();
            double rounds = 0;
            if constexpr (requires { job_.rounds(); }) rounds = job_.rounds();
            return recorded.finish_dry(Call::shows_tasks, rounds);
        }
        std::unique_ptr<typename Call::Observer> observer;
        try {
            if constexpr (requires { job_.observer(recorded.store(), true); }) {
                observer = job_.observer(recorded.store(), run.settings().resume);
                call->observe_by(*observer);
            }
            recorded.check_time_limit();
            execute(*call, call, recorded, observer.get());
            if (!recorded.is_complete()) return recorded.finish(std::nullopt);
            finish_job(recorded);
        } catch (InputError const&) {
            recorded.finish(ExitCode::wrong_use);
            throw;
        } catch (StoppedFromOutside const&) {
            recorded.finish(ExitCode::stopped_early);
            throw;
        } catch (...) {
            recorded.finish(ExitCode::program_failed);
            throw;
        }
        return recorded.finish(ExitCode::success);
    }

  private:
    static constexpr bool watches_memory = requires(J job) { job.watch_memory(std::uint64_t{}); };

    static std::string things() {
        if constexpr (requires { J::things; }) {
            return J::things;
        } else {
            return "tasks";
        }
    }

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

    RunRecord record(Run const& run) const {
        RunRecord record;
        record.job = name();
        if constexpr (requires { J::version; }) record.job_version = J::version;
        record.options = run.invocation().job_options;
        if constexpr (requires { job_.input_columns(); }) {
            record.input_columns = job_.input_columns();
        } else {
            record.input_columns = columns_of<Input>(input_name());
        }
        record.result_columns = columns_of<Result>(result_name());
        record.seed = seed_of(record);
        return record;
    }

    void execute(Call& call, std::shared_ptr<Call> const& shared, RecordedRun& recorded,
                 typename Call::Observer* observer) {
        PoolOptions options = recorded.terms().pool_options();
        if constexpr (watches_memory) options.memory_limit = 0;
        if constexpr (detail::asks_for_place<J, Input>) options.timeout = {};
        pool::PoolCore pool{worker::here().post, recorded.workers(), options};
        call.set_hosts(pool);
        WorkerWatch watch{pool};
        recorded.look_at_workers_by([&] {
            if (!watch.look()) return false;
            call.note_workers(pool.roll());
            recorded.note_held();
            return true;
        });
        recorded.tick(false);
        pool.start(shared);
        auto last_news = Clock::now();
        while (!call.ready) {
            bool const news = pool.wait_until([&] { return call.ready || call.has_arrivals(); },
                                              Deadline::after(call.interval()));
            if (news) last_news = Clock::now();
            recorded.tick(Clock::now() - last_news >= call.longest_interval);
            call.record_arrivals();
            if (observer) observer->tick();
            // Then nobody may answer any more.
            if (recorded.ends_at_once()) break;
            for (auto const& host : recorded.take_bad_nodes()) leave_out(pool, host);
            if constexpr (requires { job_.direct(recorded); }) job_.direct(recorded);
        }
        if (recorded.gathers()) gather(pool, call);
        call.record_arrivals();
        call.note_workers(pool.roll());
        recorded.end_tasks();
        if (observer) recorded.store_safely([&] { observer->end(); });
        // The rank may be ending: it is not waited for, and ends the workers with this process.
        if (recorded.ends_at_once()) return;
        pool.shut_down();
        if (call.input_error) std::rethrow_exception(call.input_error);
        if (call.ended_by) std::rethrow_exception(call.ended_by);
    }

    static void leave_out(pool::PoolCore& pool, std::string const& host) {
        auto const& hosts = pool.post().hosts();
        for (std::size_t rank = 0; rank < hosts.size(); ++rank) {
            if (hosts[rank] == host) pool.rest(Rank{static_cast<int>(rank)});
        }
    }

    /// Takes what is on its way, and asks for the last time what the workers are at.
    static void gather(pool::PoolCore& pool, Call& call) {
        using namespace std::chrono_literals;
        auto const deadline = Deadline::after(100ms);
        pool.call_roll();
        pool.wait_until([] { return false; }, deadline);
        call.record_arrivals();
    }

    void finish_job(RecordedRun& recorded) {
        if constexpr (requires(Results<Input, Result> const& results) { job_.finish(results); }) {
            job_.finish(Results<Input, Result>{recorded.store()});
        }
    }

    J job_;
};

}  // namespace rankpool::batch
