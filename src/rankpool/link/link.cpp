// SPDX-License-Identifier: MIT
#include "rankpool/link/link.hpp"

#include "rankpool/core/error.hpp"
#include "rankpool/core/pause.hpp"
#include "rankpool/core/system_limits.hpp"
#include "rankpool/shared_ring/mapping.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>

namespace rankpool::link {

struct Shared {
    std::array<RingControl, 2> rings;  ///< by the side that writes
    struct alignas(64) Sleeper {
        std::atomic<std::uint32_t> asleep{0};
    };
    std::array<Sleeper, 2> sleepers;
    alignas(64) StatusBoard board;
};

namespace {

constexpr std::size_t shared_bytes = round_to_pages(sizeof(Shared));
constexpr char const* link_memory = "the memory of a worker's link";

std::size_t index(Side side) {
    return static_cast<std::size_t>(side);
}
std::size_t other(Side side) {
    return 1 - index(side);
}

}  // namespace

Link::Ends Link::make() {
    Ends ends;
    ends.memory = make_memory("rankpool-link", shared_bytes + 2 * ring_capacity, link_memory);
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) != 0) {
        int const error = errno;
        Error told{"cannot make the socket of a worker's link (" + words_of_errno(error) +
                   "). Are there too many workers for this machine's limits?"};
        ends = {};
        errno = error;
        throw told;
    }
    ends.supervisor_socket = UniqueFd{pair[0]};
    ends.worker_socket = UniqueFd{pair[1]};
    return ends;
}

Link::Link(Side side, UniqueFd memory, UniqueFd socket)
    : side_(side),
      socket_(std::move(socket)),
      shared_(reinterpret_cast<Shared*>(map_shared(memory.get(), 0, shared_bytes, link_memory))),
      data_{map_twice(memory.get(), shared_bytes, ring_capacity, link_memory),
            map_twice(memory.get(), shared_bytes + ring_capacity, ring_capacity, link_memory)},
      out_(shared_->rings[index(side)], data_[index(side)], ring_capacity),
      in_(shared_->rings[other(side)], data_[other(side)], ring_capacity) {}

Link::~Link() {
    for (std::byte* data : data_) ::munmap(data, 2 * ring_capacity);
    ::munmap(shared_, shared_bytes);
}

StatusBoard& Link::board() {
    return shared_->board;
}

void Link::wake() {
    auto& asleep = shared_->sleepers[other(side_)].asleep;
    if (asleep.load(std::memory_order_seq_cst) == 0) return;
    if (asleep.exchange(0) != 0) wake_in_any_case();
}

void Link::wake_in_any_case() {
    char const byte = 0;
    // A full socket already holds a wake-up, a closed one has nobody to wake.
    (void)!::send(socket_.get(), &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Link::announce_sleep() {
    shared_->sleepers[index(side_)].asleep.store(1, std::memory_order_seq_cst);
}

bool Link::end_sleep(bool readable) {
    shared_->sleepers[index(side_)].asleep.store(0, std::memory_order_relaxed);
    if (!readable) return true;
    char bytes[64];
    // Who sends without end must not keep this side.
    for (int i = 0; i < 64; ++i) {
        ssize_t const got = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (got > 0) continue;
        if (got == 0) return false;
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    return true;
}

bool Link::sleep(std::int64_t max_ns) const {
    pollfd fd{socket_.get(), POLLIN, 0};
    pause(std::span{&fd, 1}, max_ns);
    return fd.revents != 0;
}

}  // namespace rankpool::link
