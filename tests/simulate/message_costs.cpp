// SPDX-License-Identifier: MIT
/// message_costs MESSAGES BYTES: what processor time rank 0 has for a message to another rank, and for one
/// from there that has come already; MESSAGES of BYTES each way, in turn to all other ranks and from them.
#include "rankpool/core/deadline.hpp"
#include "rankpool/transport/world.hpp"

#include "../benchmark/report.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace std::chrono_literals;
using rankpool::Buffer;
using rankpool::Rank;
using rankpool::transport::Inbox;
using rankpool::transport::World;

constexpr Rank home{0};

/// Of this process so far.
double processor_nanoseconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

class Count : public rankpool::transport::Receiver {
  public:
    [[nodiscard]] int messages() const { return messages_; }

    std::byte* place(Inbox /*inbox*/, std::size_t /*size*/) override { return nullptr; }
    void placed(Inbox /*inbox*/) override {}
    void arrived(Inbox /*inbox*/, Buffer /*message*/) override { ++messages_; }

  private:
    int messages_ = 0;
};

/// Until so many messages have come and what was sent is gone; `pause` between looks.
void receive(World& world, Count& count, int messages, std::chrono::microseconds pause) {
    auto const deadline = rankpool::Deadline::after(60s);
    while (count.messages() < messages || world.busy()) {
        if (deadline.passed()) throw std::runtime_error("messages do not come");
        if (!world.poll(count, 64)) std::this_thread::sleep_for(pause);
    }
}

void send(World& world, Rank to, std::size_t bytes) {
    Buffer message{bytes};
    std::fill_n(message.data(), bytes, std::byte{1});
    world.send(to, Inbox{0}, std::move(message));
}

void be_home(World& world, int messages, std::size_t bytes) {
    int const others = world.size() - 1;
    double before = processor_nanoseconds();
    for (int i = 0; i < messages; ++i) send(world, Rank{1 + i % others}, bytes);
    benchmark::report("send_ns", (processor_nanoseconds() - before) / messages);
    // All that the others send is there when it is looked for.
    std::this_thread::sleep_for(1s);
    Count count;
    before = processor_nanoseconds();
    receive(world, count, messages, 100us);
    benchmark::report("receive_ns", (processor_nanoseconds() - before) / messages);
}

void be_other(World& world, int messages, std::size_t bytes) {
    Count count;
    receive(world, count, messages, 100us);
    for (int i = 0; i < messages; ++i) send(world, home, bytes);
    receive(world, count, 0, 100us);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return EXIT_FAILURE;
    World world{1, World::Ranks::of_launcher};
    int const others = world.size() - 1;
    int const each = std::stoi(argv[1]) / others;
    auto const bytes = static_cast<std::size_t>(std::stoi(argv[2]));
    if (world.rank() == home) {
        be_home(world, each * others, bytes);
    } else {
        be_other(world, each, bytes);
    }
    world.leave([] { return false; }, rankpool::Deadline::after(60s));
}
