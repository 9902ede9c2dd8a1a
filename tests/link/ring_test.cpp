// SPDX-License-Identifier: MIT
#include "rankpool/link/ring.hpp"

#include "tests/link/support.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <random>
#include <thread>

namespace rankpool::link {
namespace {

TEST(RingTest, passes_frames_of_all_sizes) {
    BothEnds both;
    std::uint32_t number = 0;
    for (std::size_t size = 0; size <= largest_payload;
         size = size < 300 ? size + 1 : size * 2 - 217, ++number) {
        auto const bytes = content(size, number);
        // In two pieces, cut anywhere.
        std::size_t const cut = size == 0 ? 0 : number % size;
        ASSERT_TRUE(both.worker->out().push(header_number(number), std::span{bytes}.first(cut),
                                            std::span{bytes}.subspan(cut)));
        auto const frame = both.supervisor->in().next();
        ASSERT_TRUE(frame);
        EXPECT_EQ(frame->header.pool, PoolId{number});
        EXPECT_EQ(frame->header.size, size);
        ASSERT_EQ(frame->payload.size(), size);
        ASSERT_TRUE(is_content(frame->payload, number)) << size;
        EXPECT_FALSE(both.supervisor->in().next());
        both.supervisor->in().release();
    }
    auto const largest = content(largest_payload, number);
    ASSERT_TRUE(both.worker->out().push(header_number(number), largest));
    EXPECT_TRUE(is_content(both.supervisor->in().next()->payload, number));
}

TEST(RingTest, wraps_around_with_many_frames_inside) {
    BothEnds both;
    std::mt19937 random{7};
    std::uniform_int_distribution<std::size_t> sizes{0, 60'000};
    std::uint32_t written = 0;
    std::uint32_t read = 0;
    std::size_t bytes = 0;
    while (bytes < 20 * Link::ring_capacity) {
        while (true) {
            auto const piece = content(sizes(random), written);
            if (!both.supervisor->out().push(header_number(written), piece)) break;
            bytes += piece.size();
            ++written;
        }
        ASSERT_GT(written, read);
        for (std::uint32_t const until = read + (written - read + 1) / 2; read < until; ++read) {
            auto const frame = both.worker->in().next();
            ASSERT_TRUE(frame);
            ASSERT_EQ(frame->header.pool, PoolId{read});
            ASSERT_TRUE(is_content(frame->payload, read)) << read;
        }
        both.worker->in().release();
    }
}

TEST(RingTest, has_no_room_until_it_is_released) {
    BothEnds both;
    RingProducer& out = both.worker->out();
    auto const bytes = content(1000, 1);
    int frames = 0;
    while (out.push(header_number(1), bytes)) ++frames;
    EXPECT_EQ(frames, static_cast<int>(Link::ring_capacity / (1000 + sizeof(FrameHeader))));
    RingConsumer& in = both.supervisor->in();
    ASSERT_TRUE(in.next());
    std::uint64_t const behind_first = in.position();
    ASSERT_TRUE(in.next());
    EXPECT_FALSE(out.push(header_number(2), bytes)) << "reading alone frees nothing";
    in.release(behind_first);
    EXPECT_TRUE(out.push(header_number(2), bytes));
    EXPECT_FALSE(out.push(header_number(3), bytes));
}

TEST(RingTest, a_reserved_frame_may_become_shorter) {
    BothEnds both;
    RingProducer& out = both.worker->out();
    std::byte* const place = out.reserve(largest_frame);
    ASSERT_TRUE(place);
    EXPECT_TRUE(both.supervisor->in().empty());
    FrameHeader header = header_number(5);
    header.size = 3;
    std::memcpy(place, &header, sizeof header);
    std::memcpy(place + sizeof header, "abc", 3);
    EXPECT_FALSE(both.supervisor->in().next());
    out.commit();
    ASSERT_TRUE(out.push(header_number(6), {}));
    EXPECT_EQ(both.supervisor->in().next()->payload.size(), 3U);
    EXPECT_EQ(both.supervisor->in().next()->header.pool, PoolId{6});
    EXPECT_TRUE(both.supervisor->in().empty());
}

TEST(RingTest, two_threads_pass_everything_in_order) {
    BothEnds both;
    constexpr std::uint32_t frames = 20'000;
    auto const size_of = [](std::uint32_t number) { return (number * 7919U) % 3000U; };
    std::uint64_t sent = 0;
    std::jthread producer{[&] {
        for (std::uint32_t number = 0; number < frames; ++number) {
            auto const bytes = content(size_of(number), number);
            for (std::byte const byte : bytes) sent += static_cast<std::uint64_t>(byte) * (number + 1);
            while (!both.worker->out().push(header_number(number), bytes)) ::sched_yield();
        }
    }};
    std::uint64_t received = 0;
    for (std::uint32_t number = 0; number < frames;) {
        auto const frame = both.supervisor->in().next();
        if (!frame) {
            ::sched_yield();
            continue;
        }
        ASSERT_EQ(frame->header.pool, PoolId{number});
        ASSERT_EQ(frame->payload.size(), size_of(number));
        for (std::byte const byte : frame->payload)
            received += static_cast<std::uint64_t>(byte) * (number + 1);
        both.supervisor->in().release();
        ++number;
    }
    producer.join();
    EXPECT_EQ(received, sent);
}

/// Writes a frame of two records as far as `complete` bytes, and tells so.
void draft(RingProducer& out, std::uint32_t complete) {
    std::byte* const place = out.reserve(largest_frame);
    FrameHeader const header = header_number(9);
    std::memcpy(place, &header, sizeof header);
    auto const bytes = content(complete + 100, 9);
    std::memcpy(place + sizeof header, bytes.data(), bytes.size());
    out.set_draft(2, complete);
}

TEST(RingTest, salvages_a_draft_behind_what_was_sent) {
    BothEnds both;
    ASSERT_TRUE(both.worker->out().push(header_number(8), content(10, 8)));
    draft(both.worker->out(), 500);
    EXPECT_TRUE(both.supervisor->in().next());
    EXPECT_FALSE(both.supervisor->in().next());
    auto const saved = both.supervisor->in().salvage();
    ASSERT_TRUE(saved);
    EXPECT_EQ(saved->records, 2U);
    auto const frame = both.supervisor->in().next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->payload.data() - sizeof(FrameHeader), saved->frame);
    EXPECT_EQ(frame->header.pool, PoolId{9});
    EXPECT_EQ(frame->payload.size(), 500U);
    EXPECT_TRUE(is_content(frame->payload, 9));
    EXPECT_FALSE(both.supervisor->in().next());
    EXPECT_FALSE(both.supervisor->in().salvage()) << "only once";
}

TEST(RingTest, has_nothing_to_salvage_without_a_draft) {
    BothEnds both;
    EXPECT_FALSE(both.supervisor->in().salvage());
    draft(both.worker->out(), 500);
    FrameHeader header = header_number(9);
    header.size = 700;
    std::byte* const place = both.worker->out().reserve(largest_frame);
    std::memcpy(place, &header, sizeof header);
    both.worker->out().commit();
    EXPECT_FALSE(both.supervisor->in().salvage()) << "it was sent after all";
    EXPECT_EQ(both.supervisor->in().next()->payload.size(), 700U);
}

TEST(RingTest, salvages_what_a_killed_process_has_written) {
    BothEnds both;
    pid_t const child = ::fork();
    if (child == 0) {
        (void)both.worker->out().push(header_number(1), content(20, 1));
        draft(both.worker->out(), 300);
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    ASSERT_TRUE(both.supervisor->in().salvage());
    EXPECT_EQ(both.supervisor->in().next()->payload.size(), 20U);
    auto const frame = both.supervisor->in().next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->payload.size(), 300U);
    EXPECT_TRUE(is_content(frame->payload, 9));
}

}  // namespace
}  // namespace rankpool::link
