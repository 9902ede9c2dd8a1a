// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/exec_observer.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/resources/ledger.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/core/atomic_file.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace rankpool::batch {
void OutputOptions::declare(OptionSet& options) {
    options.add("--keep-output", keep, "Which commands' output is shown, and stored")
        .one_of({"all", "failed", "none"})
        .group(output_group);
    options
        .add_flag("--keep-order,!--no-keep-order", keeps_order,
                  "Output comes in the order of the rows; else as commands end")
        .default_text("true")
        .group(output_group);
    options.add_flag("--tag", tag, "Before each line of output its row's value, or first field, and a tab")
        .group(output_group);
    options
        .add_flag("--line-buffer", by_line,
                  "Each line of stdout comes when it is written; lines of several commands come in between, "
                  "but whole")
        .group(output_group);
    options
        .add("--output-dir", folder,
             "Also a file for each row's stdout, <task>.out, and stderr, <task>.err; with placeholders it "
             "names "
             "the files")
        .type_name("FOLDER")
        .group(output_group);
    options.add("--joblog", joblog, "A line for each row that has ended, in GNU parallel's columns")
        .type_name("FILE")
        .group(output_group);
    options
        .add("--failures", failures, "The rows that have failed, and why, to be --input or --commands again")
        .type_name("FILE.csv")
        .group(output_group);
}

void OutputOptions::check() const {
    for (auto const& file : {joblog, failures}) {
        try {
            if (!file.empty()) AtomicFile::check(file, AtomicFile::Links::followed);
        } catch (FileError const& error) {
            throw InputError(error.what());
        }
    }
}

ExecObserver::ExecObserver(OutputOptions const& options, std::vector<std::string> columns,
                           std::vector<std::size_t> tag_columns, std::string const& output_folder,
                           Store& store, bool goes_on, std::string run_dir)
    : store_(store),
      has_tag_(options.tag),
      by_line_(options.by_line),
      keeps_all_(options.keep == "all"),
      tag_columns_(std::move(tag_columns)),
      order_(options.keeps_order, store),
      run_dir_(std::move(run_dir)) {
    remove_running();
    if (!options.joblog.empty()) joblog_.emplace(options.joblog, goes_on);
    if (!options.failures.empty()) failures_.emplace(options.failures, std::move(columns));
    if (output_folder.empty() || !goes_on) return;
    moved_.emplace(output_folder, RunDirectory{run_dir_}.moved());
    store.tell_of_displaced([this](std::int64_t task, InputKey const& key) { moved_->put_aside(task, key); });
}

std::string tag_of_row(Row const& row, std::vector<std::size_t> const& columns) {
    std::string tag;
    for (std::size_t i = 0; i < columns.size(); ++i) tag += (i > 0 ? " " : "") + row.fields.at(columns[i]);
    std::ranges::replace(tag, '\n', ' ');
    return tag;
}

std::string ExecObserver::tag_of(Row const& row) const {
    return has_tag_ ? tag_of_row(row, tag_columns_) : "";
}

void ExecObserver::taken(std::int64_t task, InputKey const& key) {
    if (moved_) moved_->take(task, key, MovedFiles::Row::runs);
}

void ExecObserver::passed_over(std::int64_t task, InputKey const& key, Row const& row, bool has_result) {
    if (moved_) moved_->take(task, key, MovedFiles::Row::stays);
    if (has_result) return order_.add_stored(task, tag_of(row));
    order_.add({task, std::nullopt}, "", "");
    if (failures_) failures_->note(task, row.fields);
}

void ExecObserver::succeeded(Attempt const& attempt, Row const& row, CommandDone const& done) {
    order_.add({attempt.task, std::nullopt}, by_line_ || !keeps_all_ ? "" : done.out, tag_of(row));
    if (joblog_) joblog_->note(attempt);
    if (moved_) moved_->forget(attempt.task);
}

void ExecObserver::failed(Attempt const& attempt, Row const& row) {
    order_.add({attempt.task, store_.newest_attempt()}, by_line_ ? "" : attempt.out, tag_of(row));
    if (joblog_) joblog_->note(attempt);
    if (failures_) failures_->note(attempt.task, row.fields);
    if (moved_) moved_->forget(attempt.task);
}

void ExecObserver::tick() {
    order_.tick();
    if (moved_ && !store_.has_uncommitted()) moved_->settle();
}

/// What followers and killed workers have left.
void ExecObserver::remove_running() const {
    std::error_code ignored;
    std::filesystem::remove_all(RunDirectory{run_dir_}.running(0).parent_path(), ignored);
}

void ExecObserver::end() {
    Ledger::remove_files(run_dir_);
    remove_running();
    order_.end();
    if (moved_) {
        store_.commit();
        moved_->end();
    }
    if (failures_) failures_->write(store_);
}

}  // namespace rankpool::batch
