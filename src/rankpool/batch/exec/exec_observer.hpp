// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/exec/command_done.hpp"
#include "rankpool/batch/exec/moved_files.hpp"
#include "rankpool/batch/exec/output_order.hpp"
#include "rankpool/batch/exec/row_files.hpp"
#include "rankpool/batch/exec/rows.hpp"
#include "rankpool/batch/job/option_set.hpp"
#include "rankpool/batch/session/task_observer.hpp"

#include <optional>
#include <string>

namespace rankpool::batch {

/// What becomes of what commands write, and of the rows that fail, as it is typed.
struct OutputOptions {
    std::string keep = "all";  ///< `all`, `failed` or `none`
    bool keeps_order = true;
    bool tag = false;
    bool by_line = false;  ///< stdout comes as the commands write it
    std::string folder;    ///< of a file for each row
    std::string joblog;
    std::string failures;

    void declare(OptionSet& options);
    /// Throws InputError where a file of rows cannot be made.
    void check() const;
};

/// What stands before each line that a row's command writes: its fields in these columns.
std::string tag_of_row(Row const& row, std::vector<std::size_t> const& columns);

/// Shows what the rows' commands have written while the run goes on, and keeps its files of rows.
class ExecObserver final : public TaskObserver<Row, CommandDone> {
  public:
    /// `goes_on`: files of earlier sessions are written on, and those that are named by tasks, in
    /// `output_folder`, go along with their rows. `tag_columns`: what a tag is made of.
    ExecObserver(OutputOptions const& options, std::vector<std::string> columns,
                 std::vector<std::size_t> tag_columns, std::string const& output_folder, Store& store,
                 bool goes_on, std::string run_dir);

    void taken(std::int64_t task, InputKey const& key) override;
    void passed_over(std::int64_t task, InputKey const& key, Row const& row, bool has_result) override;
    void succeeded(Attempt const& attempt, Row const& row, CommandDone const& done) override;
    void failed(Attempt const& attempt, Row const& row) override;
    void tick() override;
    void end() override;

  private:
    [[nodiscard]] std::string tag_of(Row const& row) const;
    void remove_running() const;

    Store& store_;
    bool has_tag_;
    bool by_line_;
    bool keeps_all_;
    std::vector<std::size_t> tag_columns_;
    OutputOrder order_;
    std::string run_dir_;
    std::optional<JobLog> joblog_;
    std::optional<FailedRows> failures_;
    std::optional<MovedFiles> moved_;
};

}  // namespace rankpool::batch
