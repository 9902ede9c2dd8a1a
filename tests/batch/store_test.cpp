// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/store.hpp"

#include "rankpool/batch/recording/run_opening.hpp"
#include "rankpool/batch/report/export.hpp"
#include "rankpool/batch/store/results.hpp"
#include "rankpool/batch/store/run_lock.hpp"

#include "tests/support/moved_time.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

namespace {

using namespace rankpool::batch;

class StoreTest : public testing::Test {
  protected:
    void SetUp() override { std::filesystem::create_directories(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("rankpool-store-test-" + std::to_string(::getpid()));
    std::filesystem::path file_ = folder_ / "results.sqlite";
    RunRecord record_{.job = "job",
                      .job_version = 3,
                      .options = {{"--a", "1"}, {"--b", ""}},
                      .input_columns = {{"in", ColumnType::integer}},
                      .result_columns = {{"out", ColumnType::text}},
                      .seed = 0xfedcba9876543210U};

    static InputKey key(int content) {
        InputKey key{};
        key[0] = static_cast<std::byte>(content);
        key[1] = static_cast<std::byte>(content >> 8);
        return key;
    }
    static std::vector<Value> row(int content) { return {std::int64_t{content}, std::to_string(content)}; }
};

TEST_F(StoreTest, the_record_comes_back) {
    { auto const store = Store::create(file_, record_); }
    auto const store = Store::resume(file_);
    EXPECT_TRUE(differences(store.record(), record_).empty());
    EXPECT_EQ(store.record().seed, record_.seed);
    EXPECT_EQ(store.record().input_columns, record_.input_columns);
    EXPECT_EQ(store.record().result_columns, record_.result_columns);
}

TEST_F(StoreTest, a_group_is_committed_when_its_first_row_has_waited_long_enough) {
    rankpool::support::MovedTime time;
    auto store = Store::create(file_, record_, time);
    store.begin_session({});
    time.pass(std::chrono::hours{1});
    store.claim(0, key(0));
    ASSERT_TRUE(store.has_uncommitted());
    store.commit_if_due(false);
    EXPECT_TRUE(store.has_uncommitted());
    time.pass(std::chrono::milliseconds{400});
    store.claim(1, key(1));
    time.pass(std::chrono::milliseconds{99});
    store.commit_if_due(false);
    EXPECT_TRUE(store.has_uncommitted());
    // No further row comes.
    time.pass(std::chrono::milliseconds{1});
    store.commit_if_due(false);
    EXPECT_FALSE(store.has_uncommitted());
    // The next group has its own time; who is idle waits for none.
    store.claim(2, key(2));
    store.commit_if_due(false);
    EXPECT_TRUE(store.has_uncommitted());
    store.commit_if_due(true);
    EXPECT_FALSE(store.has_uncommitted());
}

TEST_F(StoreTest, what_was_not_committed_is_not_there) {
    {
        auto store = Store::create(file_, record_);
        store.claim(0, key(5));
        store.add_result(0, row(5), false);
        store.commit();
        store.claim(1, key(6));
        store.add_result(1, row(6), false);
        EXPECT_TRUE(store.has_uncommitted());
    }
    auto store = Store::resume(file_);
    EXPECT_EQ(store.count_results(), 1);
    EXPECT_EQ(store.claim(0, key(5)).state, Claim::State::done);
    EXPECT_EQ(store.claim(1, key(6)).state, Claim::State::open);
}

TEST_F(StoreTest, a_second_one_is_refused) {
    auto const store = Store::create(file_, record_);
    EXPECT_THROW(Store::resume(file_), RunAtWork);
}

TEST_F(StoreTest, failures_are_known_with_their_attempts_until_they_succeed) {
    Attempt attempt;
    attempt.number = 2;
    attempt.outcome = AttemptOutcome::timeout;
    attempt.error = "late";
    {
        auto store = Store::create(file_, record_);
        store.claim(0, key(1));
        store.add_failure(0, attempt, std::vector<Value>{std::int64_t{1}});
        store.commit();
    }
    auto store = Store::resume(file_);
    Claim const claim = store.claim(0, key(1));
    EXPECT_EQ(claim.state, Claim::State::failed);
    EXPECT_EQ(claim.attempts, 2U);
    EXPECT_EQ(claim.outcome, AttemptOutcome::timeout);
    EXPECT_EQ(store.count_failures(), 1);
    store.add_result(0, row(1), true);
    EXPECT_EQ(store.count_failures(), 0);
    EXPECT_EQ(store.count_results(), 1);
}

TEST_F(StoreTest, attempts_go_on_after_a_session_that_ended_between_retries) {
    auto const try_task = [](Store& store, std::int64_t task, unsigned number) {
        Attempt attempt;
        attempt.task = task;
        attempt.number = number;
        attempt.outcome = AttemptOutcome::failed;
        store.add_attempt(attempt);
        return attempt;
    };
    {
        auto store = Store::create(file_, record_);
        store.begin_session({});
        for (int task = 0; task < 4; ++task) store.claim(task, key(task));
        try_task(store, 1, 1);
        try_task(store, 1, 2);
        // Failed for good, and then tried again.
        store.add_failure(2, try_task(store, 2, 1), std::vector<Value>{std::int64_t{2}});
        try_task(store, 2, 2);
        try_task(store, 3, 1);
        store.commit();
    }
    {
        auto store = Store::resume(file_);
        EXPECT_EQ(store.claim(0, key(0)).attempts, 0U);
        EXPECT_EQ(store.claim(1, key(1)).attempts, 2U);
        auto const failed = store.claim(2, key(2));
        EXPECT_EQ(failed.state, Claim::State::failed);
        EXPECT_EQ(failed.attempts, 2U);
    }
    // They move with their inputs.
    auto store = Store::resume(file_);
    store.begin_session({});
    EXPECT_EQ(store.claim(0, key(0)).attempts, 0U);
    EXPECT_EQ(store.claim(1, key(7)).attempts, 0U);
    EXPECT_EQ(store.claim(2, key(3)).attempts, 1U);
    EXPECT_EQ(store.claim(3, key(1)).attempts, 2U);
}

TEST_F(StoreTest, of_inputs_that_are_the_same_one_with_a_result_is_known_again_first) {
    {
        auto store = Store::create(file_, record_);
        for (int task = 0; task < 4; ++task) store.claim(task, key(1));
        Attempt attempt;
        attempt.outcome = AttemptOutcome::failed;
        store.add_failure(0, attempt, std::vector<Value>{std::int64_t{1}});
        store.add_result(2, row(1), false);
        store.commit();
    }
    auto store = Store::resume(file_);
    EXPECT_EQ(store.claim(0, key(2)).state, Claim::State::open);
    EXPECT_EQ(store.claim(1, key(1)).state, Claim::State::done);
    EXPECT_EQ(store.claim(2, key(1)).state, Claim::State::failed);
    EXPECT_EQ(store.claim(3, key(1)).state, Claim::State::open);
    EXPECT_EQ(store.count_results(), 1);
    EXPECT_EQ(store.count_failures(), 1);
}

/// Lists of inputs that are changed at random between sessions, beside a model: each content has been done as
/// often as the list has ever had it at once.
TEST_F(StoreTest, whatever_happens_to_the_list_no_input_is_done_twice) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        std::mt19937 random{seed};
        std::filesystem::remove(file_);
        std::map<int, int> done;
        std::vector<int> list;
        for (int session = 0; session < 6; ++session) {
            for (unsigned changes = random() % 8; changes > 0; --changes) {
                auto const place = list.begin() + static_cast<long>(random() % (list.size() + 1));
                int const content = static_cast<int>(random() % 12);
                if (random() % 3 == 0 && place != list.end()) {
                    list.erase(place);
                } else {
                    list.insert(place, content);
                }
            }
            auto store = session == 0 ? Store::create(file_, record_) : Store::resume(file_);
            std::map<int, int> seen;
            for (std::size_t i = 0; i < list.size(); ++i) {
                bool const wanted_done = ++seen[list[i]] <= done[list[i]];
                auto const claim = store.claim(static_cast<std::int64_t>(i), key(list[i]));
                ASSERT_EQ(claim.state == Claim::State::done, wanted_done)
                    << seed << ' ' << session << ' ' << i;
                if (!wanted_done) store.add_result(static_cast<std::int64_t>(i), row(list[i]), false);
            }
            std::int64_t gone = 0;
            for (auto const& [content, count] : done) gone += std::max(0, count - seen[content]);
            EXPECT_EQ(store.end_claims(static_cast<std::int64_t>(list.size())), gone);
            store.commit();
            for (auto const& [content, count] : seen) done[content] = std::max(done[content], count);
            std::vector<int> results;
            store.for_each_result([&](std::span<Value const> values) {
                EXPECT_EQ(std::get<std::string>(values[1]),
                          std::to_string(std::get<std::int64_t>(values[0])));
                results.push_back(static_cast<int>(std::get<std::int64_t>(values[0])));
            });
            EXPECT_EQ(results, list) << seed << ' ' << session;
        }
    }
}

TEST_F(StoreTest, names_of_columns_are_told_apart) {
    RunRecord record;
    record.input_columns = {{"task", ColumnType::integer}, {"X", ColumnType::integer}};
    record.result_columns = {{"x", ColumnType::text}, {"y", ColumnType::text}};
    tell_columns_apart(record);
    EXPECT_EQ(record.input_columns[0].name, "input_task");
    EXPECT_EQ(record.result_columns[0].name, "result_x");
    EXPECT_EQ(record.result_columns[1].name, "y");
}

TEST_F(StoreTest, whole_numbers_come_back_whole_from_2_to_the_63) {
    using Number = std::uint64_t;
    std::vector<Number> const numbers{0, (Number{1} << 63) - 1, Number{1} << 63, ~Number{0}};
    record_.input_columns = columns_of<Number>("in");
    record_.result_columns = columns_of<Number>("out");
    {
        auto store = Store::create(file_, record_);
        std::int64_t task = 0;
        for (auto const number : numbers) {
            store.claim(task, key(static_cast<int>(task)));
            Value const value = Scalar<Number>::store(number);
            store.add_result(task++, std::vector{value, value}, false);
        }
        store.commit();
    }
    export_run({.run = folder_, .output = (folder_ / "out.csv").string()});
    std::ifstream file{folder_ / "out.csv"};
    std::string const text{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_THAT(text, testing::HasSubstr("9223372036854775808,9223372036854775808"));
    EXPECT_THAT(text, testing::HasSubstr("18446744073709551615,18446744073709551615"));
    auto store = Store::resume(file_);
    std::vector<Number> inputs;
    std::vector<Number> results;
    Results<Number, Number>{store}.for_each([&](Number input, Number result) {
        inputs.push_back(input);
        results.push_back(result);
    });
    EXPECT_EQ(inputs, numbers);
    EXPECT_EQ(results, numbers);
}

TEST_F(StoreTest, a_run_that_stored_them_as_other_numbers_is_resumed) {
    record_.result_columns = {{"out", ColumnType::integer}};
    { auto const store = Store::create(file_, record_); }
    RunRecord asked = record_;
    asked.input_columns = columns_of<std::uint64_t>("in");
    asked.result_columns = columns_of<std::uint64_t>("out");
    RunSettings settings;
    settings.run_dir = folder_.string();
    settings.resume = true;
    auto const run = open_run(settings, asked, {});
    EXPECT_EQ(asked.input_columns, record_.input_columns);
    EXPECT_EQ(asked.result_columns, record_.result_columns);
}

}  // namespace
