// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/run_opening.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/store/database_view.hpp"
#include "rankpool/batch/store/table_layout.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <vector>

namespace rankpool::batch {
namespace {

/// The folder of a new run that nobody has named is made here, and thereby chosen.
RunDirectory directory_for(RunSettings const& settings, RunRecord const& record) {
    if (!settings.run_dir.empty()) return RunDirectory{settings.run_dir};
    if (settings.resume) return RunDirectory::newest(record.job, record.seed);
    return settings.dry_run ? RunDirectory{RunDirectory::next_name(record.job)}
                            : RunDirectory::fresh(record.job);
}

/// The same column. Where one was taken for numbers and the other not, or it is of an earlier version, which
/// stored large whole numbers as others, the stored one counts.
bool is_alike(Column const& stored, Column const& asked) {
    auto const is_open = [](ColumnType type) { return type == ColumnType::any || type == ColumnType::text; };
    bool const is_of_earlier = stored.type == ColumnType::integer && asked.type == ColumnType::any;
    return stored.name == asked.name &&
           (stored.type == asked.type || is_of_earlier || (is_open(stored.type) && is_open(asked.type)));
}

bool are_alike(std::vector<Column> const& stored, std::vector<Column> const& asked) {
    return std::ranges::equal(stored, asked, is_alike);
}

/// Those of the job, and then such as have come with results.
bool has_columns(std::vector<Column> const& stored, std::vector<Column> const& asked) {
    return stored.size() >= asked.size() &&
           std::ranges::equal(std::span{stored}.first(asked.size()), asked, is_alike);
}

/// Only a dry run tells of them, and commands are measured, which need as much.
bool wants_earlier_tasks(RunSettings const& settings, RunRecord const& record) {
    return settings.dry_run || std::ranges::any_of(record.result_columns, [](Column const& column) {
               return column.name.ends_with("command_memory");
           });
}

void check_resumable(OpenedRun const& run, RunRecord const& asked, bool force) {
    RunRecord const& stored = run.store->record();
    auto const lines = differences(stored, asked);
    if (!lines.empty() && !force) {
        throw InputError(
            fmt::format("cannot resume {} (it was another run: {}). Add --force-resume to go on "
                        "all the same, or start a new run?",
                        run.directory.path().string(), fmt::join(lines, "; ")));
    }
    bool const fits = stored.job == asked.job && are_alike(stored.input_columns, asked.input_columns) &&
                      has_columns(stored.result_columns, asked.result_columns);
    if (!fits) {
        throw InputError(
            fmt::format("cannot resume {} (its table has other columns than the job now). Start "
                        "a new run?",
                        run.directory.path().string()));
    }
}

void resume_run(OpenedRun& run, RunRecord& record, bool force, TimeSource time) {
    run.store = std::make_unique<Store>(Store::resume(run.directory.database(), time));
    check_resumable(run, record, force);
    record.seed = run.store->record().seed;
    record.input_columns = run.store->record().input_columns;
    record.result_columns = run.store->record().result_columns;
}

void make_run(OpenedRun& run, RunRecord const& record, TimeSource time) {
    run.directory.make();
    try {
        run.store = std::make_unique<Store>(Store::create(run.directory.database(), record, time));
    } catch (...) {
        run.directory.remove_if_empty();
        throw;
    }
    run.directory.become_latest();
}

}  // namespace

OpenedRun open_run(RunSettings const& settings, RunRecord& record, TimeSource time) {
    tell_columns_apart(record);
    (void)TableLayout{record};  // there is one, before a folder is made
    OpenedRun run{directory_for(settings, record), nullptr, std::nullopt};
    bool const exists = run_exists(run.directory.database());
    if (exists && !settings.resume) {
        throw InputError("cannot start a new run in " + run.directory.path().string() +
                         " (it has results already). Add --resume, or name another folder with --run-dir?");
    }
    if (wants_earlier_tasks(settings, record)) {
        run.earlier = exists ? tasks_of_run(run.directory.path()) : tasks_of_newest(record.job, record.seed);
    }
    if (exists) {
        resume_run(run, record, settings.force_resume, time);
    } else if (!settings.dry_run) {
        make_run(run, record, time);
    }
    return run;
}

}  // namespace rankpool::batch
