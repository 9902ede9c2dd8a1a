// SPDX-License-Identifier: MIT
#include "rankpool/transport/remote_doorbell.hpp"

#include "rankpool/transport/host_addresses.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <thread>

namespace rankpool::transport {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::IsEmpty;

std::uint32_t address(char const* text) {
    return ::inet_addr(text);
}

bool is_readable(RemoteDoorbell const& bell) {
    pollfd look{bell.fd(), POLLIN, 0};
    return ::poll(&look, 1, 0) > 0;
}

/// Bells of ranks that are all on this host, but believe in nodes of so many ranks each.
class Ranks {
  public:
    explicit Ranks(std::vector<int> const& ranks_of_nodes,
                   std::vector<std::uint32_t> const& addresses = {address("127.0.0.1")}) {
        for (int const ranks : ranks_of_nodes) {
            Rank const node{static_cast<int>(nodes_.size())};
            for (int i = 0; i < ranks; ++i) {
                nodes_.push_back(node);
                bells_.push_back(std::make_unique<RemoteDoorbell>(addresses));
                names_.push_back(bells_.back()->name());
            }
        }
    }
    RemoteDoorbell& operator[](std::size_t rank) { return *bells_[rank]; }
    std::vector<RemoteDoorbell::Name>& names() { return names_; }

    void meet() {
        for (std::size_t rank = 0; rank < bells_.size(); ++rank) know(rank);
    }
    void know(std::size_t rank) { bells_[rank]->know(names_, nodes_, Rank{static_cast<int>(rank)}); }
    /// All take what has come, until nothing more does.
    void settle() {
        for (bool any = true; any;) {
            any = false;
            for (auto const& bell : bells_) {
                if (!is_readable(*bell)) continue;
                bell->empty();
                any = true;
            }
        }
    }
    [[nodiscard]] std::size_t how_many_are_hung() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            bells_, [](auto const& bell) { return bell->is_hung() && !bell->is_calling(); }));
    }

  private:
    std::vector<Rank> nodes_;
    std::vector<std::unique_ptr<RemoteDoorbell>> bells_;
    std::vector<RemoteDoorbell::Name> names_;
};

TEST(RemoteDoorbellTest, every_rank_is_called_by_every_other_node_whatever_their_sizes) {
    for (std::vector<int> const& nodes :
         {std::vector{1, 1}, {1, 5}, {5, 1}, {2, 3, 4}, {8, 8, 8, 8}, {1, 1, 1, 1, 1, 1, 7}}) {
        Ranks ranks{nodes};
        ranks.meet();
        ranks.settle();
        EXPECT_EQ(ranks.how_many_are_hung(), ranks.names().size());
    }
}

TEST(RemoteDoorbellTest, a_rank_that_rings_wakes_the_other_and_nobody_else) {
    Ranks ranks{{1, 2}};
    ranks.meet();
    ranks.settle();
    ranks[0].ring(Rank{2});
    EXPECT_TRUE(is_readable(ranks[2]));
    EXPECT_FALSE(is_readable(ranks[1]));
    ranks[2].empty();
    EXPECT_FALSE(is_readable(ranks[2]));
}

TEST(RemoteDoorbellTest, who_is_awake_for_sure_is_not_rung_for) {
    Ranks ranks{{1, 1}};
    ranks.meet();
    ranks.settle();
    ranks[0].heard(Rank{1}, Clock::now() + 1h);
    ranks[0].ring(Rank{1});
    EXPECT_FALSE(is_readable(ranks[1]));
    ranks[0].heard(Rank{1}, Clock::now() - 1h);
    ranks[0].ring(Rank{1});
    EXPECT_TRUE(is_readable(ranks[1]));
}

TEST(RemoteDoorbellTest, a_rank_that_one_node_cannot_call_does_not_rely_on_it) {
    Ranks ranks{{1, 1, 1}};
    ranks.know(0);
    ranks.know(1);
    ranks.settle();
    // Rank 2 has not come so far.
    EXPECT_FALSE(ranks[0].is_hung());
    EXPECT_TRUE(ranks[0].is_calling());
    // It is called again, and calls.
    ranks.know(2);
    ranks.settle();
    EXPECT_TRUE(ranks[0].is_hung());
    auto const deadline = Deadline::after(10s);
    while (ranks.how_many_are_hung() < 3 && !deadline.passed()) {
        for (std::size_t rank = 0; rank < 3; ++rank) ranks[rank].call_again();
        ranks.settle();
    }
    EXPECT_EQ(ranks.how_many_are_hung(), 3);
}

TEST(RemoteDoorbellTest, calls_end_where_nobody_answers) {
    Ranks ranks{{1, 1}};
    ranks.know(0);
    auto const deadline = Deadline::after(10s);
    while (ranks[0].is_calling() && !deadline.passed()) {
        ranks[0].call_again();
        std::this_thread::sleep_for(1ms);
    }
    EXPECT_FALSE(ranks[0].is_calling());
    EXPECT_FALSE(ranks[0].is_hung());
}

TEST(RemoteDoorbellTest, a_node_without_a_living_rank_is_not_waited_for) {
    Ranks ranks{{1, 2}};
    ranks.know(0);
    ranks[0].mark_lost(Rank{1});
    EXPECT_FALSE(ranks[0].is_hung());
    ranks[0].mark_lost(Rank{2});
    EXPECT_TRUE(ranks[0].is_hung());
    EXPECT_FALSE(ranks[0].is_calling());
}

TEST(RemoteDoorbellTest, the_address_that_answers_is_used) {
    Ranks ranks{{1, 1}};
    // First one at which there is nobody, as other networks of a host are.
    for (auto& name : ranks.names()) name.addresses = {address("203.0.113.1"), address("127.0.0.1")};
    ranks.meet();
    ranks.settle();
    EXPECT_EQ(ranks.how_many_are_hung(), 2);
    ranks[0].ring(Rank{1});
    EXPECT_TRUE(is_readable(ranks[1]));
}

TEST(RemoteDoorbellTest, a_stranger_wakes_nobody) {
    Ranks ranks{{1, 1}};
    ranks.meet();
    ranks.settle();
    UniqueFd const stranger{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = ranks[1].name().port;
    there.sin_addr.s_addr = address("127.0.0.1");
    std::array<std::byte, 64> bytes{};
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        (void)!::sendto(stranger.get(), bytes.data(), size, 0, reinterpret_cast<sockaddr const*>(&there),
                        sizeof there);
    }
    EXPECT_FALSE(is_readable(ranks[1]));
    // Who knows the secret may wake it, and no more.
    auto const& secret = ranks[1].name().secret;
    std::ranges::copy(secret, bytes.begin());
    std::ranges::fill(std::span{bytes}.subspan(secret.size()), std::byte{0xff});
    for (std::size_t size = secret.size(); size <= bytes.size(); ++size) {
        (void)!::sendto(stranger.get(), bytes.data(), size, 0, reinterpret_cast<sockaddr const*>(&there),
                        sizeof there);
    }
    EXPECT_TRUE(is_readable(ranks[1]));
    ranks[1].empty();
    EXPECT_FALSE(is_readable(ranks[1]));
    EXPECT_TRUE(ranks[1].is_hung());
}

TEST(RemoteDoorbellTest, without_an_address_nothing_is_done) {
    Ranks ranks{{1, 1}, {}};
    ranks.meet();
    EXPECT_LT(ranks[0].fd(), 0);
    EXPECT_FALSE(ranks[0].is_calling());
    EXPECT_FALSE(ranks[0].is_hung());
    ranks[0].ring(Rank{1});
}

TEST(HostAddressesTest, names_and_networks_choose) {
    auto const all = host_addresses();
    EXPECT_THAT(all, testing::Not(Contains(address("127.0.0.1"))));
    EXPECT_EQ(host_addresses("0.0.0.0/0"), all);
    EXPECT_EQ(host_addresses("nothing0,10.0.0.0/33,,0.0.0.0/0"), all);
    for (char const* none : {"no-such-interface", "203.0.113.0/24", "10.0.0.0/33", ",", "/", "lo"}) {
        EXPECT_THAT(host_addresses(none), IsEmpty()) << none;
    }
}

}  // namespace
}  // namespace rankpool::transport
