// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/job_base.hpp"
#include "rankpool/batch/session/job_tasks.hpp"
#include "rankpool/batch/session/recorded_session.hpp"

#include <concepts>
#include <string>

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
/// itself sees to it; `input_columns` and `append_input`, where the fields of inputs are known only then, and
/// `field_names`, what rows call them, whatever the columns are called; `append_result`, where not all of a
/// result is stored; `prepare(context)`, before `inputs`; `more_values(result)`, names and values of further
/// columns of a result, which the table gets as they come; `enter(folder)`, which is told the run directory;
/// `rounds()`, see expectation; `show(input, place)`, for --dry-run; `observer(store, goes_on)`, a
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

    ExitCode run(Context& context, JobContext& run) override {
        JobTasks<J> tasks{job_};
        return run_session(tasks, context, run);
    }

  private:
    J job_;
};

}  // namespace rankpool::batch
