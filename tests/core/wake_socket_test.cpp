// SPDX-License-Identifier: MIT
#include "rankpool/core/wake_socket.hpp"

#include "rankpool/core/sealed_memory.hpp"
#include "rankpool/core/socket_message.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <vector>

namespace rankpool {
namespace {

using namespace std::chrono_literals;

bool is_readable(WakeSocket const& socket) {
    pollfd look{socket.fd(), POLLIN, 0};
    return ::poll(&look, 1, 0) > 0;
}

long open_descriptors() {
    return std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {});
}

/// One who has found the socket's name in /proc/net/unix.
class Stranger {
  public:
    explicit Stranger(WakeSocket const& target) {
        address_.sun_family = AF_UNIX;
        std::memcpy(address_.sun_path, target.name().bytes.data(), target.name().size);
        size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + target.name().size);
    }
    void send(std::span<std::byte const> bytes, int fd = -1) const {
        std::span const fds{&fd, fd < 0 ? std::size_t{0} : 1};
        (void)send_message(socket_.get(), bytes, fds, 0ms,
                           {reinterpret_cast<sockaddr const*>(&address_), size_});
    }

  private:
    UniqueFd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address_{};
    socklen_t size_ = 0;
};

TEST(WakeSocketTest, wakes_who_is_meant) {
    WakeSocket const one;
    WakeSocket const other;
    one.wake(other.name());
    EXPECT_TRUE(is_readable(other));
    EXPECT_FALSE(is_readable(one));
    other.empty();
    EXPECT_FALSE(is_readable(other));
}

TEST(WakeSocketTest, what_strangers_send_does_not_arrive) {
    WakeSocket const target;
    Stranger const stranger{target};
    UniqueFd const memory{::memfd_create("strangers", MFD_CLOEXEC)};
    long const before = open_descriptors();
    Secret guess = target.name().secret;
    guess[15] ^= std::byte{1};
    for (std::size_t size = 0; size <= 40; ++size) {
        std::vector<std::byte> const bytes(size, std::byte{7});
        for (int i = 0; i < 20; ++i) stranger.send(bytes, i % 2 == 0 ? -1 : memory.get());
        stranger.send(std::span{guess}.first(std::min(size, guess.size())), memory.get());
    }
    EXPECT_FALSE(is_readable(target));
    EXPECT_FALSE(target.receive());
    EXPECT_EQ(open_descriptors(), before);
}

TEST(WakeSocketTest, the_right_descriptor_arrives_in_a_flood_of_others) {
    WakeSocket const sender;
    WakeSocket const target;
    Stranger const stranger{target};
    UniqueFd const theirs{::memfd_create("strangers", MFD_CLOEXEC)};
    UniqueFd const ours = make_sealed_memory("ours", 4096);
    std::array<std::byte, 1> const byte{};
    for (int i = 0; i < 100; ++i) stranger.send(byte, theirs.get());
    // A wake-up brings none.
    sender.wake(target.name());
    ASSERT_TRUE(sender.send(target.name(), ours.get()));
    for (int i = 0; i < 100; ++i) stranger.send(byte, theirs.get());
    UniqueFd const got = target.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(size_of_sealed(got.get()), 4096U);
    EXPECT_FALSE(target.receive());
}

TEST(WakeSocketTest, a_name_that_cannot_be_does_no_harm) {
    WakeSocket const socket;
    WakeSocket::Name name = socket.name();
    for (std::uint32_t const size : {17U, 108U, 0xffffffffU}) {
        name.size = size;
        socket.wake(name);
        EXPECT_FALSE(socket.send(name, 0));
    }
    EXPECT_FALSE(is_readable(socket));
}

TEST(SealedMemoryTest, tells_what_it_is) {
    UniqueFd const memory = make_sealed_memory("mine", 12345);
    ASSERT_TRUE(memory);
    EXPECT_EQ(size_of_sealed(memory.get()), 12345U);
    EXPECT_NE(::ftruncate(memory.get(), 1), 0);
    EXPECT_NE(::ftruncate(memory.get(), 99999), 0);
    EXPECT_FALSE(size_of_sealed(-1));
    UniqueFd const open{::memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    EXPECT_FALSE(size_of_sealed(open.get()));
}

class SocketMessageTest : public testing::Test {
  protected:
    SocketMessageTest() {
        std::array<int, 2> pair{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
        here_ = UniqueFd{pair[0]};
        there_ = UniqueFd{pair[1]};
    }
    int send(std::span<int const> fds) { return send_message(here_.get(), word_, fds, 0ms); }
    std::optional<SocketMessage> receive() { return receive_message(there_.get(), got_); }

    UniqueFd here_;
    UniqueFd there_;
    std::array<std::byte, 8> word_{};
    std::array<std::byte, 8> got_{};
};

TEST_F(SocketMessageTest, brings_descriptors_and_the_end) {
    EXPECT_FALSE(receive());
    std::array<int, 2> const fds{here_.get(), there_.get()};
    for (std::size_t count : {0U, 1U, 2U}) {
        ASSERT_EQ(send(std::span{fds}.first(count)), 0);
        auto const message = receive();
        ASSERT_TRUE(message);
        EXPECT_EQ(message->size, 8);
        EXPECT_EQ(message->fd_count, count);
        EXPECT_TRUE(message->is_whole);
    }
    here_.reset();
    auto const end = receive();
    ASSERT_TRUE(end);
    EXPECT_EQ(end->size, 0);
}

/// With so many descriptors free: all come, or none is kept; never a number that was not received.
TEST_F(SocketMessageTest, comes_without_descriptors_where_there_are_none_left) {
    rlimit usual{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
    for (rlim_t room = 0; room <= 2; ++room) {
        std::array<int, 2> const fds{here_.get(), there_.get()};
        ASSERT_EQ(send(fds), 0);
        UniqueFd const next{::dup(0)};
        auto const lowest = static_cast<rlim_t>(next.get());
        // The numbers from there on are free.
        rlimit const few{lowest + 1 + room, usual.rlim_max};
        ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
        auto const message = receive();
        ::setrlimit(RLIMIT_NOFILE, &usual);
        ASSERT_TRUE(message);
        EXPECT_EQ(message->size, 8);
        EXPECT_EQ(message->fd_count, room < 2 ? 0U : 2U) << room;
        EXPECT_EQ(message->is_whole, room == 2);
        for (UniqueFd const& fd : message->fds) EXPECT_NE(fd.get(), 0);
    }
}

TEST_F(SocketMessageTest, waits_for_room_and_no_longer_than_it_may) {
    while (send({}) == 0) {
    }
    auto const begin = std::chrono::steady_clock::now();
    EXPECT_EQ(send_message(here_.get(), word_, {}, 50ms), EAGAIN);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 50ms);
    ASSERT_TRUE(receive());
    EXPECT_EQ(send_message(here_.get(), word_, {}, 50ms), 0);
    there_.reset();
    int const error = send_message(here_.get(), word_, {}, 10s);
    EXPECT_TRUE(error == EPIPE || error == ECONNRESET) << error;
}

}  // namespace
}  // namespace rankpool
