// SPDX-License-Identifier: MIT
#include "rankpool/link/link.hpp"

#include "rankpool/core/deadline.hpp"

#include "tests/link/support.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>

namespace rankpool::link {
namespace {

using namespace std::chrono_literals;

/// The worker's end in a process of its own, which runs `life` and leaves with what it returns.
template <class Life>
pid_t fork_worker(BothEnds& both, Life life) {
    pid_t const child = ::fork();
    if (child == 0) {
        both.supervisor.reset();
        ::_exit(life(*both.worker));
    }
    both.worker.reset();
    return child;
}

int exit_code_of(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// The next frame, slept for; nothing when the other side is gone without one.
std::optional<Frame> wait_for_frame(Link& link) {
    while (true) {
        if (auto const frame = link.in().next()) return frame;
        link.announce_sleep();
        bool readable = false;
        if (link.in().empty()) readable = link.sleep(-1);
        // What it sent before it went is there all the same.
        if (!link.end_sleep(readable)) return link.in().next();
    }
}

TEST(LinkTest, wakes_a_sleeping_process) {
    BothEnds both;
    constexpr std::uint32_t rounds = 2000;
    pid_t const child = fork_worker(both, [](Link& link) {
        for (std::uint32_t i = 0; i < rounds; ++i) {
            auto const frame = wait_for_frame(link);
            if (!frame || frame->header.pool != PoolId{i}) return 1;
            link.in().release();
            if (!link.out().push(header_number(i + 1), {})) return 2;
            link.wake();
        }
        return 0;
    });
    for (std::uint32_t i = 0; i < rounds; ++i) {
        ASSERT_TRUE(both.supervisor->out().push(header_number(i), {}));
        both.supervisor->wake();
        auto const frame = wait_for_frame(*both.supervisor);
        ASSERT_TRUE(frame);
        ASSERT_EQ(frame->header.pool, PoolId{i + 1});
        both.supervisor->in().release();
    }
    EXPECT_EQ(exit_code_of(child), 0);
}

TEST(LinkTest, wakes_a_producer_that_waits_for_room) {
    BothEnds both;
    constexpr std::uint32_t frames = 300;
    pid_t const child = fork_worker(both, [](Link& link) {
        auto const bytes = content(50'000, 1);
        for (std::uint32_t i = 0; i < frames; ++i) {
            while (!link.out().push(header_number(i), bytes)) {
                link.announce_sleep();
                bool readable = false;
                if (!link.out().reserve(sizeof(FrameHeader) + bytes.size())) readable = link.sleep(-1);
                if (!link.end_sleep(readable)) return 1;
            }
            link.wake();
        }
        return 0;
    });
    for (std::uint32_t i = 0; i < frames; ++i) {
        auto const frame = wait_for_frame(*both.supervisor);
        ASSERT_TRUE(frame);
        ASSERT_EQ(frame->header.pool, PoolId{i});
        both.supervisor->in().release();
        both.supervisor->wake();
    }
    EXPECT_EQ(exit_code_of(child), 0);
}

TEST(LinkTest, notices_the_others_death) {
    BothEnds both;
    pid_t const child = fork_worker(both, [](Link&) { return ::kill(::getpid(), SIGKILL); });
    both.supervisor->announce_sleep();
    EXPECT_TRUE(both.supervisor->sleep(-1));
    EXPECT_FALSE(both.supervisor->end_sleep(true));
    EXPECT_EQ(exit_code_of(child), 128 + SIGKILL);
    both.supervisor->wake();
    EXPECT_TRUE(both.supervisor->out().push(header_number(1), {})) << "writing to the dead does no harm";
}

TEST(LinkTest, reads_what_was_sent_before_the_death) {
    BothEnds both;
    pid_t const child = fork_worker(both, [](Link& link) {
        for (std::uint32_t i = 0; i < 10; ++i) (void)link.out().push(header_number(i), content(i * 1000, i));
        return 0;
    });
    EXPECT_EQ(exit_code_of(child), 0);
    for (std::uint32_t i = 0; i < 10; ++i) {
        auto const frame = wait_for_frame(*both.supervisor);
        ASSERT_TRUE(frame);
        EXPECT_TRUE(is_content(frame->payload, i));
    }
    EXPECT_FALSE(wait_for_frame(*both.supervisor));
}

TEST(LinkTest, sleeps_no_longer_than_it_is_told) {
    BothEnds both;
    both.worker->announce_sleep();
    auto const begin = Clock::now();
    EXPECT_FALSE(both.worker->sleep(std::chrono::nanoseconds{30ms}.count()));
    EXPECT_GE(Clock::now() - begin, 30ms);
    EXPECT_TRUE(both.worker->end_sleep(false));
}

TEST(LinkTest, does_not_ring_for_one_that_is_awake) {
    BothEnds both;
    both.supervisor->wake();
    EXPECT_FALSE(both.worker->sleep(0));
    both.worker->announce_sleep();
    both.supervisor->wake();
    both.supervisor->wake();
    EXPECT_TRUE(both.worker->sleep(-1));
    EXPECT_TRUE(both.worker->end_sleep(true));
    EXPECT_FALSE(both.worker->sleep(0)) << "the wake-ups are used up";
}

TEST(LinkTest, shows_the_board_to_the_other_side) {
    BothEnds both;
    EXPECT_EQ(both.supervisor->board().activity.load(), Activity::nothing);
    pid_t const child = fork_worker(both, [](Link& link) {
        link.board().task = 77;
        link.board().activity = Activity::task;
        return ::kill(::getpid(), SIGKILL);
    });
    exit_code_of(child);
    EXPECT_EQ(both.supervisor->board().activity.load(), Activity::task);
    EXPECT_EQ(both.supervisor->board().task.load(), 77U);
}

}  // namespace
}  // namespace rankpool::link
