// SPDX-License-Identifier: MIT
#include "rankpool/core/stream_write.hpp"

#include "rankpool/core/log.hpp"
#include "rankpool/core/unique_fd.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using rankpool::Clock;
using rankpool::Deadline;
using rankpool::UniqueFd;
using rankpool::write_all;
using rankpool::write_in_time;

struct Ends {
    UniqueFd from;
    UniqueFd to;
};

Ends make_pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

Ends make_sockets() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

Ends make_terminal() {
    UniqueFd master{::posix_openpt(O_RDWR | O_NOCTTY)};
    EXPECT_EQ(::grantpt(master.get()), 0);
    EXPECT_EQ(::unlockpt(master.get()), 0);
    UniqueFd terminal{::open(::ptsname(master.get()), O_RDWR | O_NOCTTY)};
    return {std::move(master), std::move(terminal)};
}

/// Until there is no more room, also where a terminal passes some on a little later.
void fill(int fd) {
    std::string const much(1 << 20, 'x');
    EXPECT_EQ(write_in_time(fd, much, Deadline::after(0s)), EAGAIN);
    for (int refused = 0; refused < 12;) {
        bool const is_full = write_in_time(fd, "x", Deadline::after(0s)) == EAGAIN;
        refused = is_full ? refused + 1 : 0;
        if (is_full) std::this_thread::sleep_for(10ms);
    }
}

TEST(StreamWriteTest, what_nobody_reads_is_not_waited_for) {
    for (auto const make : {make_pipe, make_sockets, make_terminal}) {
        auto const ends = make();
        int const flags = ::fcntl(ends.to.get(), F_GETFL);
        fill(ends.to.get());
        auto const begin = Clock::now();
        EXPECT_EQ(write_in_time(ends.to.get(), "more", Deadline::after(0s)), EAGAIN);
        EXPECT_LT(Clock::now() - begin, 1s);
        EXPECT_EQ(write_in_time(ends.to.get(), "more", Deadline::after(50ms)), EAGAIN);
        EXPECT_GE(Clock::now() - begin, 50ms);
        // Others who write there are not to be surprised.
        EXPECT_EQ(::fcntl(ends.to.get(), F_GETFL), flags);
    }
}

TEST(StreamWriteTest, what_is_read_late_arrives_whole) {
    for (auto const make : {make_pipe, make_sockets, make_terminal}) {
        auto const ends = make();
        std::string got;
        std::thread reader{[&] {
            std::array<char, 4096> some{};
            std::this_thread::sleep_for(20ms);
            while (got.find('!') == std::string::npos) {
                auto const count = ::read(ends.from.get(), some.data(), some.size());
                if (count <= 0) break;
                got.append(some.data(), static_cast<std::size_t>(count));
            }
        }};
        std::string const text = std::string(300'000, 'y') + '!';
        EXPECT_EQ(write_in_time(ends.to.get(), text, Deadline::after(20s)), 0);
        reader.join();
        EXPECT_EQ(got, text);
    }
}

TEST(StreamWriteTest, a_reader_that_left_is_an_error_and_no_signal) {
    for (auto const make : {make_pipe, make_sockets}) {
        auto ends = make();
        EXPECT_FALSE(rankpool::has_lost_reader(ends.to.get()));
        ends.from.reset();
        EXPECT_TRUE(rankpool::has_lost_reader(ends.to.get()));
        // SIGPIPE would end this test.
        EXPECT_EQ(write_all(ends.to.get(), "lost"), EPIPE);
        EXPECT_EQ(write_in_time(ends.to.get(), "lost", Deadline::after(0s)), EPIPE);
        sigset_t pending;
        ::sigpending(&pending);
        EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
    }
}

TEST(StreamWriteTest, a_file_is_written_on_where_it_is) {
    std::FILE* const file = std::tmpfile();
    int const fd = ::fileno(file);
    EXPECT_EQ(write_all(fd, "one "), 0);
    EXPECT_EQ(write_in_time(fd, "two ", Deadline::after(0s)), 0);
    EXPECT_EQ(write_all(fd, "three"), 0);
    std::array<char, 32> got{};
    EXPECT_EQ(::pread(fd, got.data(), got.size(), 0), 13);
    EXPECT_STREQ(got.data(), "one two three");
    std::fclose(file);
}

TEST(StreamWriteTest, what_cannot_be_written_says_why) {
    UniqueFd const full{::open("/dev/full", O_WRONLY)};
    EXPECT_EQ(write_all(full.get(), "x"), ENOSPC);
    EXPECT_EQ(write_in_time(full.get(), "x", Deadline::after(0s)), ENOSPC);
    UniqueFd const readable{::open("/dev/null", O_RDONLY)};
    EXPECT_EQ(write_all(readable.get(), "x"), EBADF);
    EXPECT_EQ(write_in_time(readable.get(), "x", Deadline::after(0s)), EBADF);
}

std::atomic<bool> gives_up_now = false;

TEST(StreamWriteTest, a_signal_ends_the_wait_only_where_it_is_told_to) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, nullptr);
    auto const ends = make_pipe();
    fill(ends.to.get());
    auto const writer = ::pthread_self();
    std::thread signals{[writer] {
        ::pthread_kill(writer, SIGALRM);
        std::this_thread::sleep_for(50ms);
        gives_up_now = true;
        for (int i = 0; i < 20; ++i) {
            std::this_thread::sleep_for(10ms);
            ::pthread_kill(writer, SIGALRM);
        }
    }};
    auto const begin = Clock::now();
    EXPECT_EQ(write_all(ends.to.get(), "more", [] { return gives_up_now.load(); }), EINTR);
    EXPECT_GE(Clock::now() - begin, 50ms);
    signals.join();
}

/// Words on a stderr that nobody reads.
TEST(StreamWriteTest, talk_waits_once_and_is_heard_again_later) {
    auto const ends = make_pipe();
    fill(ends.to.get());
    UniqueFd const before{::dup(STDERR_FILENO)};
    ::dup2(ends.to.get(), STDERR_FILENO);
    auto const begin = Clock::now();
    EXPECT_FALSE(rankpool::tell_in_passing("progress"));
    EXPECT_LT(Clock::now() - begin, 400ms);
    for (int i = 0; i < 100; ++i) rankpool::say("lost");
    auto const took = Clock::now() - begin;
    std::string got(1 << 20, '\0');
    EXPECT_GT(::read(ends.from.get(), got.data(), got.size()), 0);
    rankpool::say("heard");
    auto const count = ::read(ends.from.get(), got.data(), got.size());
    ::dup2(before.get(), STDERR_FILENO);
    EXPECT_GE(took, 400ms);
    EXPECT_LT(took, 3s);
    got.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    EXPECT_THAT(got, testing::EndsWith("rankpool: heard\n"));
}

}  // namespace
