// SPDX-License-Identifier: MIT
#include "rankpool/batch/recording/task_terms.hpp"

#include "tests/support/moved_time.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace rankpool::batch {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;

/// How long a task waits that has failed 1, 2, ... times.
std::vector<Clock::duration> delays(std::string const& text, std::vector<unsigned> const& failures) {
    support::MovedTime time;
    RunSettings settings;
    settings.retry_delay = text;
    TaskTerms const terms{settings, time};
    time.pass(1h);
    std::vector<Clock::duration> found;
    for (unsigned const count : failures) found.push_back(terms.next_try(count) - time.now());
    return found;
}

TEST(TaskTermsTest, the_delay_is_counted_from_the_failure) {
    EXPECT_THAT(delays("", {1, 2}), Each(0s));
    EXPECT_THAT(delays("10s", {1, 2, 3}), Each(10s));
}

TEST(TaskTermsTest, the_delay_grows_up_to_a_day) {
    EXPECT_THAT(delays("10s*2", {0, 1, 2, 3, 4}), ElementsAre(10s, 10s, 20s, 40s, 80s));
    EXPECT_THAT(delays("10s*2", {14, 15, 100, 5000, 4'000'000'000}), ElementsAre(81920s, 24h, 24h, 24h, 24h));
}

TEST(TaskTermsTest, no_delay_does_not_grow) {
    EXPECT_THAT(delays("0s*1000", {1, 2, 200, 5000}), Each(0s));
}

}  // namespace
}  // namespace rankpool::batch
