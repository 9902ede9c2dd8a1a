// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/session/session_loop.hpp"

#include "tests/batch/made_up_pool.hpp"
#include "tests/batch/made_up_tasks.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace rankpool::batch {

/// A session of made-up tasks on a made-up pool, without MPI.
class MadeUpSession : public testing::Test {
  protected:
    void SetUp() override { settings_.run_dir = folder_ / "run"; }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] RecordedRun open() const {
        RunRecord record{.job = "made-up",
                         .options = {},
                         .input_columns = {{"input", ColumnType::integer}},
                         .result_columns = {{"result", ColumnType::integer}}};
        return RecordedRun{batch::JobContext{settings_, {}},
                           std::move(record),
                           "tasks",
                           {.ranks = 1, .workers = workers_, .hosts = pool_.hosts},
                           pool_.time ? TimeSource{*pool_.time} : TimeSource{}};
    }

    /// Runs a session to its end.
    void run() { run(tasks_, pool_); }
    void run(MadeUpTasks& tasks, MadeUpPool& pool) {
        RecordedRun run = open();
        run_ = &run;
        InputSource source{tasks, run};
        SessionLoop{tasks, source, run, pool}.run();
        run_ = nullptr;
        tally_ = run.tally();
        code_ = run.finish(std::nullopt);
    }

    /// What is stored, by input.
    [[nodiscard]] std::map<std::int64_t, std::int64_t> stored() const {
        std::map<std::int64_t, std::int64_t> rows;
        store().for_each_result([&](std::span<Value const> values) {
            rows.emplace(std::get<std::int64_t>(values[0]), std::get<std::int64_t>(values[1]));
        });
        return rows;
    }
    [[nodiscard]] std::int64_t stored_failures() const { return store().count_failures(); }

    /// How often the task with this input has been handed out.
    [[nodiscard]] long times_given(long input) const {
        return std::ranges::count(pool_.given, input, &MadeUpPool::Task::input);
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("rankpool-session-test-" + std::to_string(::getpid()));
    RunSettings settings_;
    int workers_ = 4;
    MadeUpTasks tasks_;
    MadeUpPool pool_;
    Tally tally_;
    std::optional<ExitCode> code_;
    RecordedRun* run_ = nullptr;  ///< while it runs

  private:
    [[nodiscard]] Store store() const {
        return Store::resume(std::filesystem::path{settings_.run_dir} / "results.sqlite");
    }
};

}  // namespace rankpool::batch
