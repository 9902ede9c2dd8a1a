// SPDX-License-Identifier: MIT
// What a crash tells of where it was.
#include "tests/pool/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>

namespace rankpool {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

[[gnu::noinline]] void writes_where_nothing_is(int x) {
    std::uintptr_t volatile address = 64;  // which the compiler cannot look through
    if (x > 0) *reinterpret_cast<int volatile*>(address) = 1;
}

[[gnu::noinline]] long goes_deeper(long depth) {
    long volatile here = depth;
    return here == -1 ? 0 : goes_deeper(depth + 1) + here;
}

int crashes(int how) {
    switch (how) {
        case 0:
            writes_where_nothing_is(1);
            return 0;
        case 1:
            std::abort();
        case 2:
            return static_cast<int>(goes_deeper(0));
        case 3:
            ::kill(::getpid(), SIGKILL);
            return 0;
        case 4: {
            // A child of the task that crashes is not the worker.
            pid_t const child = ::fork();
            if (child == 0) writes_where_nothing_is(1);
            ::waitpid(child, nullptr, 0);
            ::kill(::getpid(), SIGTERM);
            return 0;
        }
        case 5:
            std::signal(SIGSEGV, [](int) { ::_exit(7); });
            writes_where_nothing_is(1);
            return 0;
        case 6:
            ::raise(SIGFPE);
            return 0;
        default:
            std::exit(3);
    }
}

WorkerLost loss(int how) {
    auto pool = context().pool();
    try {
        pool.apply<crashes>(how);
    } catch (WorkerLost const& lost) {
        return lost;
    }
    throw std::logic_error("the worker lives");
}

TEST(BackTrace, names_the_function_and_its_callers) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "the sanitizer's own frames come first";
#endif
    auto const lost = loss(0);
    EXPECT_EQ(lost.signal(), SIGSEGV);
    EXPECT_THAT(lost.back_trace(), StartsWith("writes_where_nothing_is"));
    EXPECT_THAT(lost.back_trace(), HasSubstr("crashes"));
    EXPECT_THAT(lost.back_trace(), Not(HasSubstr("rankpool")));
    EXPECT_THAT(lost.back_trace(), Not(HasSubstr("invoke")));
    EXPECT_THAT(lost.what(),
                HasSubstr("was ended by signal 11 (Segmentation fault) in writes_where_nothing_is"));
}

TEST(BackTrace, is_there_of_an_abort_a_stack_that_overflows_and_a_signal_that_is_raised) {
    EXPECT_THAT(loss(1).back_trace(), StartsWith("crashes"));
    auto const overflow = loss(2);
    EXPECT_EQ(overflow.signal(), SIGSEGV);
    EXPECT_THAT(overflow.back_trace(), StartsWith("goes_deeper"));
    auto const raised = loss(6);
    EXPECT_EQ(raised.signal(), SIGFPE);
    EXPECT_THAT(raised.back_trace(), StartsWith("crashes"));
}

TEST(BackTrace, is_empty_of_what_is_no_crash) {
    EXPECT_THAT(loss(3).back_trace(), IsEmpty());
    auto const ended = loss(4);
    EXPECT_EQ(ended.signal(), SIGTERM);
    EXPECT_THAT(ended.back_trace(), IsEmpty());
    EXPECT_THAT(loss(7).back_trace(), IsEmpty());
}

TEST(BackTrace, leaves_a_handler_of_the_programs_alone) {
    auto const handled = loss(5);
    EXPECT_EQ(handled.exit_code(), 7);
    EXPECT_THAT(handled.back_trace(), IsEmpty());
}

}  // namespace
}  // namespace rankpool
