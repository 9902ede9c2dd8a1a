// SPDX-License-Identifier: MIT
// Work of any kind and size with all that goes wrong in it, for as long as RANKPOOL_SECONDS says: results
// stay right, and the supervisors need no more memory, descriptors or shared memory in the end than in the
// beginning.
#include "tests/pool/support.hpp"
#include "tests/system/processes.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace rankpool {
namespace {

using namespace support;

constexpr std::uint32_t largest = 200'000;

enum class Deed { none, slow, thrown, killed, left };

struct Order {
    std::uint32_t seed = 0;
    std::uint32_t bytes = 0;
    Deed deed = Deed::none;
    std::string input;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& seed& bytes& deed& input;
    }
};

/// As many as suits a seed: most are small, some large.
std::uint32_t some_bytes(std::mt19937& random) {
    std::uint32_t const most = std::uniform_int_distribution{0, 9}(random) == 0 ? largest : 200;
    return std::uniform_int_distribution<std::uint32_t>{0, most}(random);
}

Order make_order(std::mt19937& random) {
    Order order;
    order.seed = static_cast<std::uint32_t>(random());
    order.bytes = some_bytes(random);
    order.input = std::string(some_bytes(random), 'i');
    int const chance = std::uniform_int_distribution{0, 999}(random);
    if (chance < 30) order.deed = Deed::slow;
    if (chance < 20) order.deed = Deed::thrown;
    if (chance < 4) order.deed = Deed::killed;
    if (chance < 2) order.deed = Deed::left;
    return order;
}

std::string answer_to(Order const& order) {
    return std::string(order.bytes, static_cast<char>('a' + order.seed % 26)) +
           std::to_string(order.input.size());
}

std::string obey(Order const& order) {
    if (order.deed == Deed::slow) std::this_thread::sleep_for(20ms);
    if (order.deed == Deed::thrown) throw std::runtime_error("as told");
    if (order.deed == Deed::killed) ::raise(SIGKILL);
    if (order.deed == Deed::left) ::_exit(3);
    return answer_to(order);
}

bool fails(Order const& order) {
    return order.deed >= Deed::thrown;
}

std::vector<Order> make_orders(std::mt19937& random) {
    std::vector<Order> orders(std::uniform_int_distribution<std::size_t>{1, 400}(random));
    for (Order& order : orders) order = make_order(random);
    return orders;
}

void map_some(Pool& pool, std::mt19937& random) {
    auto const orders = make_orders(random);
    std::size_t const chunksize = std::uniform_int_distribution<std::size_t>{0, 3}(random);
    auto results = pool.imap<obey>(orders, {.chunksize = chunksize});
    for (Order const& order : orders) {
        // Others of its chunk fail with one that does; alone, each gets what it deserves.
        try {
            EXPECT_EQ(results.next().value(), answer_to(order));
            EXPECT_FALSE(fails(order));
        } catch (std::exception const&) {
            EXPECT_TRUE(chunksize > 1 || fails(order));
        }
    }
}

void leave_some(Pool& pool, std::mt19937& random) {
    auto results = pool.imap_unordered<obey>(make_orders(random));
    try {
        (void)results.next();
    } catch (std::exception const&) {
        // One that was to.
    }
}

void put_all(Queue<std::string> queue, std::uint32_t count, std::uint32_t bytes) {
    for (std::uint32_t i = 0; i < count; ++i) queue.put(std::string(bytes, 'q'));
}

void exchange_some(std::mt19937& random) {
    auto queue = context().queue<std::string>();
    std::uint32_t const count = 20;
    std::uint32_t const bytes = some_bytes(random);
    auto process = context().process<put_all>(queue, count, bytes);
    process.start();
    for (std::uint32_t i = 0; i < count; ++i) EXPECT_EQ(queue.get().size(), bytes);
    process.join();
    EXPECT_EQ(process.exitcode(), 0);
}

struct Use {
    int rank = 0;
    std::uint64_t memory = 0;
    std::uint64_t descriptors = 0;
    std::uint64_t shared = 0;  ///< mappings of memory that processes share

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& rank& memory& descriptors& shared;
    }
};

std::uint64_t own_memory(std::string const& folder) {
    std::ifstream file{folder + "status"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("RssAnon:")) return std::stoull(line.substr(8)) * 1024;
    }
    throw std::runtime_error("the kernel does not tell a process's memory");
}

/// Of the supervisor and the fork server above this worker.
Use use_here(long /*number*/) {
    std::this_thread::sleep_for(50ms);
    Use use;
    use.rank = current_process().rank();
    for (pid_t const pid : {::getppid(), parent_of(::getppid())}) {
        std::string const folder = "/proc/" + std::to_string(pid) + "/";
        use.memory += own_memory(folder);
        for (auto const& fd : std::filesystem::directory_iterator{folder + "fd"})
            use.descriptors += fd.exists();
        std::ifstream maps{folder + "maps"};
        for (std::string line; std::getline(maps, line);) {
            use.shared +=
                line.find("/memfd:") != std::string::npos || line.find("/dev/shm/") != std::string::npos;
        }
    }
    return use;
}

Use use_of_all() {
    auto pool = context().pool();
    std::map<int, Use> of_ranks;
    for (Use const& use : pool.map<use_here>(numbers(static_cast<long>(pool.size())), {.chunksize = 1}))
        of_ranks[use.rank] = use;
    Use sum;
    for (auto const& [rank, use] : of_ranks) {
        sum.memory += use.memory;
        sum.descriptors += use.descriptors;
        sum.shared += use.shared;
    }
    return sum;
}

std::chrono::seconds time_to_last() {
    char const* const words = std::getenv("RANKPOOL_SECONDS");
    return std::chrono::seconds{words != nullptr ? std::stol(words) : 4};
}

TEST(EnduranceTest, supervisors_need_no_more_in_the_end_than_in_the_beginning) {
    std::random_device entropy;
    unsigned const seed = entropy();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    auto const begin = std::chrono::steady_clock::now();
    auto const time = time_to_last();
    std::optional<Use> first;
    long rounds = 0;
    // Half of the time is for what is made once and kept.
    while (std::chrono::steady_clock::now() < begin + time) {
        auto pool = context().pool();
        for (int i = 0; i < 5 && !HasFailure(); ++i) {
            map_some(pool, random);
            leave_some(pool, random);
            exchange_some(random);
        }
        pool.close();
        pool.join();
        ++rounds;
        if (!first && std::chrono::steady_clock::now() > begin + time / 2) first = use_of_all();
        if (HasFailure()) return;
    }
    ASSERT_TRUE(first);
    Use const last = use_of_all();
    std::cout << rounds << " rounds; memory " << first->memory << " -> " << last.memory << ", descriptors "
              << first->descriptors << " -> " << last.descriptors << ", shared mappings " << first->shared
              << " -> " << last.shared << std::endl;
    auto const ranks = static_cast<std::uint64_t>(context().size());
    // Allocators keep what may be needed again.
    EXPECT_LT(last.memory, first->memory + first->memory / 5 + ranks * 1'000'000);
    EXPECT_EQ(last.descriptors, first->descriptors);
    EXPECT_EQ(last.shared, first->shared);
}

}  // namespace
}  // namespace rankpool
