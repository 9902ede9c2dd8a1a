// SPDX-License-Identifier: MIT
// One test per behaviour that CPython asserts of AsyncResult.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;

long wait_at(std::string const& gate, long x) {
    Tally::wait_for(gate, 1);
    return x;
}
long fail(long x) {
    throw std::invalid_argument("never " + std::to_string(x));
}

TEST(ConformanceAsyncResult, ready) {
    auto pool = context().pool();
    Tally gate;
    auto const result = pool.apply_async<wait_at>(gate.name(), 1L);
    EXPECT_FALSE(result.ready());
    gate.add();
    // Asking is enough for it to become true.
    while (!result.ready()) {
    }
    EXPECT_TRUE(result.ready());
}

TEST(ConformanceAsyncResult, successful_before_ready_is_an_error) {
    auto pool = context().pool();
    Tally gate;
    auto const good = pool.apply_async<wait_at>(gate.name(), 1L);
    EXPECT_THROW((void)good.successful(), UsageError);
    gate.add();
    good.wait();
    EXPECT_TRUE(good.successful());
    auto const bad = pool.apply_async<fail>(1L);
    bad.wait();
    EXPECT_FALSE(bad.successful());
}

TEST(ConformanceAsyncResult, wait_returns_silently) {
    auto pool = context().pool();
    Tally gate;
    auto const result = pool.apply_async<wait_at>(gate.name(), 1L);
    EXPECT_NO_THROW(result.wait(20ms));
    EXPECT_FALSE(result.ready());
    gate.add();
    result.wait();
    EXPECT_TRUE(result.ready());
    auto const bad = pool.apply_async<fail>(1L);
    EXPECT_NO_THROW(bad.wait());
}

TEST(ConformanceAsyncResult, get_rethrows_each_time) {
    auto pool = context().pool();
    auto const result = pool.apply_async<fail>(3L);
    for (int i = 0; i < 3; ++i) {
        auto const error = thrown<RemoteError>([&] { (void)result.get(); });
        ASSERT_TRUE(error);
        EXPECT_EQ(error->message(), "never 3");
    }
}

TEST(ConformanceAsyncResult, callback_runs_before_ready) {
    auto pool = context().pool();
    AsyncResult<std::vector<long>> const* asked = nullptr;
    std::optional<bool> ready;
    auto const result = pool.map_async<square>(
        numbers(10), {.callback = [&](std::vector<long> const&) { ready = asked ? asked->ready() : false; }});
    asked = &result;
    result.wait();
    ASSERT_TRUE(ready.has_value());
    EXPECT_FALSE(*ready);
    EXPECT_TRUE(result.ready());
}

}  // namespace
}  // namespace rankpool
