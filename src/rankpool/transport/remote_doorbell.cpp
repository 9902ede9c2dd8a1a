// SPDX-License-Identifier: MIT
#include "rankpool/transport/remote_doorbell.hpp"

#include "rankpool/core/secret_filter.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>

namespace rankpool::transport {
namespace {

using namespace std::chrono_literals;

/// A supervisor that has been woken, or does something, looks for messages without sleeping for longer.
constexpr auto awake_for = 100us;
constexpr int most_calls = 5;
constexpr auto first_pause = 20ms;
/// A queue holds no more than this; who floods it must not keep the reader.
constexpr int most_messages = 1024;
constexpr std::uint32_t udp_header = 8;

}  // namespace

/// Begins with the secret of who is to get it.
struct RemoteDoorbell::Message {
    enum class What : std::uint32_t { ring, call, answer };

    Secret secret{};
    What what = What::ring;
    Rank from;
    std::uint32_t address = 0;  ///< which of its addresses was called
};

RemoteDoorbell::RemoteDoorbell(std::span<std::uint32_t const> addresses) {
    addresses = addresses.first(std::min(addresses.size(), most_addresses));
    if (addresses.empty()) return;
    UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return;
    name_.secret = make_secret();
    // Before it has a port at which strangers could find it.
    accept_only(socket.get(), name_.secret, udp_header);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = addresses.size() == 1 ? addresses.front() : htonl(INADDR_ANY);
    socklen_t size = sizeof here;
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&here), size) != 0) return;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&here), &size) != 0) return;
    std::ranges::copy(addresses, name_.addresses.begin());
    name_.port = here.sin_port;
    socket_ = std::move(socket);
}

void RemoteDoorbell::know(std::span<Name const> names, std::span<Rank const> nodes, Rank self) {
    self_ = self;
    for (std::size_t rank = 0; rank < names.size(); ++rank) {
        peers_.push_back({names[rank], nodes[rank], {}});
        ++silent_nodes_[nodes[rank]];
    }
    silent_nodes_.erase(peer(self).node);
    if (!socket_) return;
    choose_calls(self);
    call();
}

/// Each rank of a node is called by one of every other node, and calls one of every other, if it can be:
/// those whose places on their nodes agree, where the node with fewer ranks is counted round.
void RemoteDoorbell::choose_calls(Rank self) {
    std::map<Rank, std::vector<Rank>> ranks_of;
    for (std::size_t rank = 0; rank < peers_.size(); ++rank) {
        ranks_of[peers_[rank].node].push_back(Rank{static_cast<int>(rank)});
    }
    auto const& here = ranks_of.at(peer(self).node);
    auto const place = static_cast<std::size_t>(std::ranges::find(here, self) - here.begin());
    for (auto const& [node, there] : ranks_of) {
        if (node == peer(self).node) continue;
        auto const fewer = std::min(here.size(), there.size());
        for (std::size_t other = 0; other < there.size(); ++other) {
            if (other % fewer == place % fewer && peer(there[other]).name.port != 0)
                calls_.push_back(there[other]);
        }
    }
}

void RemoteDoorbell::call_again() {
    if (Clock::now() < next_call_) return;
    if (calls_made_ < most_calls) return call();
    calls_.clear();
}

void RemoteDoorbell::call() {
    next_call_ = Clock::now() + first_pause * (1 << calls_made_);
    ++calls_made_;
    for (Rank const rank : calls_) {
        for (std::uint32_t i = 0; i < most_addresses && peer(rank).name.addresses[i] != 0; ++i) {
            send(peer(rank), {.what = Message::What::call, .from = self_, .address = i}, i);
        }
    }
}

void RemoteDoorbell::ring(Rank rank) {
    Peer& to = peer(rank);
    if (to.name.port == 0 || to.is_lost) return;
    auto const now = Clock::now();
    if (now < to.awake_until) return;
    to.awake_until = now + awake_for;
    auto const known = addresses_.find(to.node);
    send(to, {.what = Message::What::ring, .from = self_}, known == addresses_.end() ? 0 : known->second);
}

void RemoteDoorbell::heard(Rank rank, Clock::time_point now) {
    peer(rank).awake_until = now + awake_for;
}

void RemoteDoorbell::mark_lost(Rank rank) {
    peer(rank).is_lost = true;
    std::erase(calls_, rank);
    auto const node = silent_nodes_.find(peer(rank).node);
    if (node != silent_nodes_.end() && --node->second == 0) silent_nodes_.erase(node);
}

void RemoteDoorbell::empty() {
    for (int i = 0; i < most_messages; ++i) {
        Message message;
        sockaddr_in sender{};
        socklen_t size = sizeof sender;
        auto const got = ::recvfrom(socket_.get(), &message, sizeof message, MSG_DONTWAIT,
                                    reinterpret_cast<sockaddr*>(&sender), &size);
        if (got < 0) return;
        bool const is_whole = got == sizeof message && message.secret == name_.secret;
        bool const is_somebody =
            message.from.value >= 0 && static_cast<std::size_t>(message.from.value) < peers_.size();
        if (is_whole && is_somebody) take(message, sender);
    }
}

void RemoteDoorbell::take(Message const& message, sockaddr_in const& sender) {
    Peer const& from = peer(message.from);
    if (message.what == Message::What::call) {
        silent_nodes_.erase(from.node);
        send(sender, {.secret = from.name.secret,
                      .what = Message::What::answer,
                      .from = self_,
                      .address = message.address});
    } else if (message.what == Message::What::answer && message.address < most_addresses) {
        addresses_.try_emplace(from.node, message.address);
        std::erase(calls_, message.from);
    }
}

void RemoteDoorbell::send(Peer const& to, Message message, std::uint32_t address) const {
    message.secret = to.name.secret;
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = to.name.port;
    there.sin_addr.s_addr = to.name.addresses[address];
    send(there, message);
}

void RemoteDoorbell::send(sockaddr_in const& to, Message const& message) const {
    // What does not arrive is found out by who waits for it.
    (void)!::sendto(socket_.get(), &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL,
                    reinterpret_cast<sockaddr const*>(&to), sizeof to);
}

}  // namespace rankpool::transport
