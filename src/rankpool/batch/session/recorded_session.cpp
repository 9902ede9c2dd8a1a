// SPDX-License-Identifier: MIT
#include "rankpool/batch/session/recorded_session.hpp"

#include "rankpool/batch/files/stop_signals.hpp"
#include "rankpool/batch/recording/recorded_run.hpp"
#include "rankpool/batch/session/session_loop.hpp"
#include "rankpool/batch/session/worker_pool.hpp"
#include "rankpool/batch/store/key.hpp"
#include "rankpool/batch/text/quantity.hpp"
#include "rankpool/context/context.hpp"
#include "rankpool/core/outside.hpp"
#include "rankpool/worker/worker_state.hpp"

#include <optional>

namespace rankpool::batch {
namespace {

void prepare(TypedJob& job, Context& context, RunSettings const& settings) {
    bool const by_median = settings.timeout.ends_with('%');
    if (by_median && !job.traits().takes_place) {
        throw InputError(
            "cannot take --timeout by the median of a job's tasks (exec alone does). Give a "
            "duration?");
    }
    job.prepare(context, parse_size(settings.memory_limit).value_or(0), by_median);
}

RunRecord record_of(TypedJob const& job, JobContext const& run) {
    RunRecord record = job.record();
    record.options = run.invocation().job_options;
    record.seed = seed_of(record);
    return record;
}

Machine machine_of(Context& context) {
    auto const& mailbox = worker::this_worker().mailbox;
    return {.ranks = context.size(),
            .workers = context.workers(),
            .hosts = mailbox.hosts(),
            .count_lost_ranks = [&mailbox] { return mailbox.lost_ranks().size(); }};
}

/// All that would be done is counted, shown by a job that has something to show, and let go.
ExitCode run_dry(TypedJob& job, InputSource& source, RecordedRun& recorded) {
    while (auto const flight = source.next()) {
        job.show(*flight, TaskPlace{flight->task, flight->attempt()});
        recorded.tick(false);
    }
    return recorded.finish_dry(job.traits().shows_tasks, job.rounds());
}

/// Limits that the job itself sees to are none of the pool's.
PoolOptions pool_options(JobTraits const& traits, RunSettings const& settings, TaskTerms const& terms) {
    PoolOptions options;
    if (settings.bind == "auto") options.bind = Bind::automatic;
    if (terms.timeout() && !traits.takes_place) options.timeout = *terms.timeout();
    if (terms.memory_limit() && !traits.watches_memory) options.memory_limit = *terms.memory_limit();
    options.crash_limit = 1;  // what is tried again is decided here, and recorded
    return options;
}

void do_tasks(TypedJob& job, InputSource& source, RecordedRun& recorded) {
    job.observe(recorded.store(), recorded.settings().resume);
    recorded.check_time_limit();
    WorkerPool pool{recorded.workers(), pool_options(job.traits(), recorded.settings(), recorded.terms())};
    SessionLoop{job, source, recorded, pool}.run();
}

}  // namespace

ExitCode run_session(TypedJob& job, Context& context, JobContext const& run) {
    StopSignals const signals;
    prepare(job, context, run.settings());
    job.open_inputs();
    RecordedRun recorded{run, record_of(job, run), job.traits().things, machine_of(context)};
    recorded.give_notice(job.enter(recorded.folder()));
    InputSource source{job, recorded};
    if (run.settings().dry_run) return run_dry(job, source, recorded);
    std::optional<ExitCode> job_says;
    try {
        do_tasks(job, source, recorded);
        if (recorded.is_complete()) {
            job.finish(recorded.store());
            job_says = ExitCode::success;
        }
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
    return recorded.finish(job_says);
}

}  // namespace rankpool::batch
