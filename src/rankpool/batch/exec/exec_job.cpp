// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/exec_job.hpp"

#include "rankpool/batch/command/child_process.hpp"
#include "rankpool/batch/command/failed_with_output.hpp"
#include "rankpool/batch/command/last_words.hpp"
#include "rankpool/batch/exec/command_plan.hpp"
#include "rankpool/batch/exec/rows.hpp"
#include "rankpool/batch/exec/task_folder.hpp"
#include "rankpool/batch/files/output.hpp"
#include "rankpool/batch/job/option_text.hpp"
#include "rankpool/batch/session/recorded_job.hpp"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>

namespace rankpool::batch {
namespace {

struct Done {
    std::string out;
    std::string err;
    double cpu_seconds = 0;
    std::int64_t command_memory = 0;
    std::uint64_t out_bytes = 0;  ///< written, which `out` has whole
    std::uint64_t err_bytes = 0;  ///< written, of which `err` may lack the middle

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(out) & BOOST_SERIALIZATION_NVP(err) &
            BOOST_SERIALIZATION_NVP(cpu_seconds) & BOOST_SERIALIZATION_NVP(command_memory) &
            BOOST_SERIALIZATION_NVP(out_bytes) & BOOST_SERIALIZATION_NVP(err_bytes);
    }
};

/// What a command that has failed wrote is kept with the attempt: so much of its start and end, of each
/// stream.
constexpr std::size_t part_of_failed = 32 * 1024;

[[noreturn]] void fail(std::exception_ptr cause, ChildResult const& result) {
    throw FailedWithOutput{std::move(cause), shortened_output(result.out, part_of_failed),
                           shortened_output(result.err, part_of_failed)};
}

/// Why the command failed; nothing where it did not.
std::exception_ptr failure_of(std::string const& name, ChildResult const& result,
                              ChildOptions const& limits) {
    if (result.is_over_memory) {
        return std::make_exception_ptr(Error("over --memory-limit (" + name +
                                             " and what it has started had more than " +
                                             std::to_string(limits.memory_limit) + " bytes)"));
    }
    if (result.wait_status != 0) {
        std::string const said = last_words(result.err, result.out);
        return std::make_exception_ptr(std::runtime_error(
            name + " " + describe_wait_status(result.wait_status) + (said.empty() ? "" : ": " + said)));
    }
    if (!result.is_out_whole) {
        return std::make_exception_ptr(
            Error(name + " wrote " + std::to_string(result.out_bytes) + " bytes to stdout (no more than " +
                  std::to_string(limits.most_out) + " are kept of a row). Let it write to a file?"));
    }
    return nullptr;
}

class Exec {
  public:
    static constexpr char const* name = "exec";
    static constexpr char const* summary =
        "Runs a command for each row of a table or a list: exec --input rows.csv -- ./simulate --alpha "
        "{alpha}, "
        "or exec -- gzip {} ::: *.txt";
    static constexpr char const* things = "rows";

    void add_options(OptionSet& options) {
        rows_.declare(options);
        command_.declare(options);
        options.when_read([this] { check_options(); });
    }

    Rows inputs() {
        RowSource source{rows_};
        plan_ = {command_, {source.columns(), source.values()}, !rows_.commands.empty()};
        auto const survey = survey_rows(source, plan_);
        for (std::size_t i = 0; i < survey.types.size(); ++i) {
            columns_.push_back({source.columns()[i], survey.types[i]});
        }
        return {std::move(source), survey.count, plan_.needs_number()};
    }

    [[nodiscard]] std::vector<Column> input_columns() const { return columns_; }
    void append_input(Row const& row, std::vector<Value>& values) const {
        auto const end = row.fields.begin() + static_cast<std::ptrdiff_t>(columns_.size());
        values.insert(values.end(), row.fields.begin(), end);
    }

    Done work(Row const& row, TaskPlace const& place) const {
        auto command = planned(row, place);
        std::optional<TaskFolder> folder;
        if (!command.task_dir.empty()) folder.emplace(command.task_dir, place.task, place.attempt);
        append_variables(command.surroundings.environment, place);
        if (folder) {
            command.surroundings.folder = folder->path();
            command.surroundings.environment.push_back("RANKPOOL_TASK_DIR=" + folder->path());
        }
        ChildOptions const options{.memory_limit = memory_limit_,
                                   .whole_tree = true,
                                   .surroundings = std::move(command.surroundings)};
        ChildResult result = run_child(command.words, options);
        if (auto cause = failure_of(command.words.front(), result, options)) fail(std::move(cause), result);
        if (folder) folder->put_into_place();
        return {std::move(result.out), std::move(result.err), result.cpu_seconds,
                result.peak_memory,    result.out_bytes,      result.err_bytes};
    }

    /// The limit of --memory-limit is the command's, not the worker's, which may have its output in memory.
    void watch_memory(std::uint64_t limit) { memory_limit_ = limit; }
    void enter(std::string run_dir) { run_dir_ = std::move(run_dir); }

    /// For --dry-run.
    void show(Row const& row, TaskPlace const& place) const { print(planned(row, place).text() + "\n"); }

    /// What the commands have written, in the order of the rows.
    static void finish(Results<Row, Done> const& results) {
        results.for_each_result([](Done const& done) { print(done.out); });
    }

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& plan_& memory_limit_& run_dir_;
    }

  private:
    void check_options() const {
        if (rows_.is_empty())
            throw OptionError{"--input", "required, or another source of rows, such as :::"};
        if (command_.words.empty() && rows_.commands.empty())
            throw OptionError{"command", "required, after --"};
    }

    [[nodiscard]] PlannedCommand planned(Row const& row, TaskPlace const& place) const {
        return plan_.command_for({row.fields, place.task + 1, place.slot});
    }

    void append_variables(std::vector<std::string>& variables, TaskPlace const& place) const {
        variables.push_back(fmt::format("RANKPOOL_TASK_ID={}", place.task));
        variables.push_back(fmt::format("RANKPOOL_ATTEMPT={}", place.attempt));
        variables.push_back(fmt::format("RANKPOOL_SLOT={}", place.slot));
        variables.push_back("RANKPOOL_RUN_DIR=" + run_dir_);
    }

    RowOptions rows_;
    CommandOptions command_;
    std::vector<Column> columns_;
    CommandPlan plan_;
    std::uint64_t memory_limit_ = 0;
    std::string run_dir_;
};

}  // namespace

std::unique_ptr<Job> make_exec_job() {
    return std::make_unique<RecordedJob<Exec>>();
}

}  // namespace rankpool::batch
