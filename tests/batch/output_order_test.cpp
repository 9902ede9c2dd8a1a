// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/output_order.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <tuple>

namespace rankpool::batch {
namespace {

class OutputOrderTest : public testing::Test {
  protected:
    void TearDown() override { std::filesystem::remove_all(folder_); }

    /// The attempt is stored, and with a success its result.
    StoredOutput ended(std::int64_t task, std::string const& out, AttemptOutcome outcome) {
        Attempt attempt;
        attempt.task = task;
        attempt.outcome = outcome;
        bool const is_ok = outcome == AttemptOutcome::ok;
        if (!is_ok) attempt.out = out;
        store_.claim(task, InputKey{static_cast<std::byte>(task)});
        store_.add_attempt(attempt);
        auto const newest = store_.newest_attempt();
        if (is_ok) {
            store_.add_result(task, std::vector<Value>{"row", out}, false);
            return {task, std::nullopt};
        }
        store_.add_failure(task, attempt, std::vector<Value>{"row"});
        return {task, newest};
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("rankpool-output-order-test-" + std::to_string(::getpid()));
    Store store_{[this] {
        std::filesystem::create_directories(folder_);
        return Store::create(folder_ / "results.sqlite",
                             RunRecord{.job = "exec",
                                       .job_version = 1,
                                       .options = {},
                                       .input_columns = {{"in", ColumnType::text}},
                                       .result_columns = {{"out", ColumnType::text}},
                                       .seed = 0});
    }()};
};

TEST_F(OutputOrderTest, what_is_not_held_comes_from_the_store_also_of_rows_that_fail) {
    constexpr std::size_t most_held = 10;
    OutputOrder order{true, store_, most_held};
    testing::internal::CaptureStdout();
    for (auto const& [task, out, outcome] :
         std::vector<std::tuple<std::int64_t, std::string, AttemptOutcome>>{
             {3, "3 is held\n", AttemptOutcome::ok},
             {2, "2 has succeeded\n", AttemptOutcome::ok},
             {1, "1 has failed\n", AttemptOutcome::failed},
             {4, "4 has failed\n", AttemptOutcome::timeout},
             {0, "0 was slow\n", AttemptOutcome::ok}}) {
        order.add(ended(task, out, outcome), out, "t");
    }
    order.end();
    EXPECT_EQ(testing::internal::GetCapturedStdout(),
              "t\t0 was slow\nt\t1 has failed\nt\t2 has succeeded\nt\t3 is held\nt\t4 has failed\n");
}

}  // namespace
}  // namespace rankpool::batch
