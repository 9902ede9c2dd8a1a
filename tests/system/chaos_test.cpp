// SPDX-License-Identifier: MIT
// Tasks that write over the memory of their worker's link, and of a queue: it ends them, and nobody else.
#include "rankpool/protocol/messages.hpp"
#include "rankpool/protocol/process_messages.hpp"
#include "rankpool/protocol/shared_messages.hpp"
#include "rankpool/worker/worker_state.hpp"

#include "tests/pool/support.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace rankpool {
namespace {

using namespace support;

struct Mapping {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

/// Where this process has mapped memory of that name.
std::vector<Mapping> mappings_of(std::string const& name) {
    std::ifstream file{"/proc/self/maps"};
    std::vector<Mapping> all;
    for (std::string line; std::getline(file, line);) {
        if (line.find("/memfd:" + name + " ") == std::string::npos) continue;
        std::istringstream fields{line};
        Mapping one;
        char dash = 0;
        fields >> std::hex >> one.begin >> dash >> one.end;
        all.push_back(one);
    }
    return all;
}

enum class Part { control, data, board, all };

/// Writes over a part of this worker's link: its control, its rings, its board, or all of it; with random
/// words, small ones, or nothing but zeros.
void scribble(std::uint64_t seed, std::string const& name) {
    constexpr std::uint64_t control_bytes = 512;
    auto const part = static_cast<Part>(seed % 4);
    std::mt19937_64 random{seed};
    for (Mapping const& mapping : mappings_of(name)) {
        bool const is_control = mapping.end - mapping.begin < 1U << 20U;
        if (is_control == (part == Part::data)) continue;
        auto* const words = reinterpret_cast<std::uint64_t volatile*>(mapping.begin);
        std::uint64_t const first = is_control && part == Part::board ? control_bytes / 8 : 0;
        std::uint64_t const last =
            is_control && part == Part::control ? control_bytes / 8 : (mapping.end - mapping.begin) / 8;
        for (std::uint64_t i = first; i < last; ++i) {
            words[i] = seed / 4 % 3 == 0 ? 0 : seed / 4 % 3 == 1 ? random() % 1000 : random();
        }
    }
}

/// A value that tells whether it is whole.
struct Sealed {
    long number = 0;
    long seal = 7;

    static Sealed of(long number) { return {number, number * 31 + 7}; }
    [[nodiscard]] bool is_whole() const { return seal == number * 31 + 7; }

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& number& seal;
    }
};

Sealed square_or_scribble(std::uint64_t seed, Sealed value) {
    if (!value.is_whole()) throw std::runtime_error("an argument that is damaged");
    if (value.number == 5) scribble(seed, "rankpool-link");
    return Sealed::of(value.number * value.number);
}

void expect_no_harm_to_others(MapOptions const& options) {
    char const* const wish = std::getenv("RANKPOOL_CHAOS");
    std::uint64_t const seeds = wish ? std::strtoull(wish, nullptr, 10) : 60;
    std::vector<Sealed> values;
    for (long i = 0; i < 40; ++i) values.push_back(Sealed::of(i));
    auto pool = context().pool(PoolOptions{.timeout = 5s});
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        auto const outcomes = pool.try_map(partial<square_or_scribble>(seed), values, options);
        ASSERT_EQ(outcomes.size(), values.size());
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            if (!outcomes[i].has_value()) continue;
            Sealed const result = outcomes[i].value();
            EXPECT_TRUE(result.is_whole()) << seed;
            EXPECT_EQ(result.number, values[i].number * values[i].number) << "seed " << seed;
        }
        // Whose worker was not hit is not touched; who shared it was tried again.
        EXPECT_TRUE(outcomes.back().has_value()) << "seed " << seed;
    }
    pool.close();
    pool.join();
}

TEST(ChaosTest, a_worker_that_writes_over_its_link_harms_no_other) {
    expect_no_harm_to_others({.chunksize = 1});
}

TEST(ChaosTest, nor_does_one_whose_results_go_by_collectives) {
    expect_no_harm_to_others({.schedule = Schedule::fixed});
}

/// What tells that the supervisor sleeps, which it does by then, lies before the board.
long rest_and_wipe(long x) {
    constexpr std::size_t rings_end = 384;
    constexpr std::size_t board = 512;
    std::this_thread::sleep_for(50ms);
    for (Mapping const& mapping : mappings_of("rankpool-link")) {
        auto* const bytes = reinterpret_cast<char volatile*>(mapping.begin);
        bool const is_control = mapping.end - mapping.begin < 1U << 20U;
        for (std::size_t i = rings_end; is_control && i < board; ++i) bytes[i] = 0;
    }
    return x;
}

TEST(ChaosTest, a_supervisor_that_nobody_wakes_any_more_is_woken_all_the_same) {
    auto pool = context().pool(1);
    for (long x = 0; x < 3; ++x) EXPECT_EQ(pool.apply<rest_and_wipe>(x), x);
}

void scribble_queue(Queue<Sealed> queue, std::uint64_t seed) {
    (void)queue.qsize();
    std::mt19937_64 random{seed};
    for (Mapping const& mapping : mappings_of("rankpool-channel")) {
        auto* const words = reinterpret_cast<std::uint64_t volatile*>(mapping.begin);
        std::uint64_t const count = std::min<std::uint64_t>((mapping.end - mapping.begin) / 8, 1U << 16U);
        // Behind the head's first words, which only who opens it reads.
        for (std::uint64_t i = 6; i < count; ++i) {
            if (random() % 8 != 0 && seed % 2 == 0) continue;
            words[i] = seed % 3 == 0 ? 0 : seed % 3 == 1 ? random() % 1000 : random();
        }
    }
    ::kill(::getpid(), SIGKILL);
}

TEST(ChaosTest, a_process_that_writes_over_a_queue_ends_the_queue_at_most) {
    char const* const wish = std::getenv("RANKPOOL_CHAOS");
    std::uint64_t const seeds = wish ? std::strtoull(wish, nullptr, 10) : 18;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        auto queue = context().queue<Sealed>();
        for (long i = 0; i < 20; ++i) queue.put(Sealed::of(i));
        auto process = context().process<scribble_queue>(
            ProcessOptions{.rank = static_cast<int>(seed) % context().size()}, queue, seed);
        process.start();
        process.join();
        auto const begin = Clock::now();
        for (int i = 0; i < 25; ++i) {
            try {
                (void)queue.get(50ms);
            } catch (Error const&) {
                // Empty, closed, or an item that is damaged: all of them are told.
            }
            try {
                queue.put(Sealed::of(1), 50ms);
            } catch (Error const&) {
            }
        }
        EXPECT_LT(Clock::now() - begin, 20s) << seed;
    }
    // The others go on.
    auto whole = context().queue<Sealed>();
    whole.put(Sealed::of(3));
    EXPECT_EQ(whole.get(1s).number, 3);
}

using link::FrameKind;

/// What a worker may send to a supervisor; what it is to say is up to it.
constexpr std::array kinds_for_supervisors{
    FrameKind::pool_open,      FrameKind::pool_close,     FrameKind::pool_resize,   FrameKind::pool_rest,
    FrameKind::call_open,      FrameKind::call_close,     FrameKind::call_withdraw, FrameKind::tasks,
    FrameKind::tasks_held,     FrameKind::status_asked,   FrameKind::block_results, FrameKind::blob_open,
    FrameKind::blob_bytes,     FrameKind::blob_close,     FrameKind::blob_wanted,   FrameKind::blob_read,
    FrameKind::channel_make,   FrameKind::channel_claim,  FrameKind::channel_drop,  FrameKind::channel_depart,
    FrameKind::channel_return, FrameKind::channel_ask,    FrameKind::shared_make,   FrameKind::shared_ask,
    FrameKind::process_start,  FrameKind::process_signal, FrameKind::results,       FrameKind::member_up,
    FrameKind::member_unfit};
constexpr std::array kinds_for_workers{
    FrameKind::input_wanted, FrameKind::result_offered, FrameKind::result_granted,  FrameKind::part,
    FrameKind::part_last,    FrameKind::part_broken,    FrameKind::part_lent,       FrameKind::part_returned,
    FrameKind::acknowledged, FrameKind::process_began,  FrameKind::arguments_wanted};

/// Sends frames with heads that can be and content that cannot, until it is ended for them.
void send_anything(std::uint64_t seed, int ranks) {
    auto& mailbox = worker::this_worker().mailbox;
    std::mt19937_64 random{seed};
    auto const below = [&](std::uint64_t bound) { return random() % bound; };
    for (int i = 0; i < 200; ++i) {
        bool const is_for_worker = below(4) == 0;
        auto const kind = is_for_worker ? kinds_for_workers.at(below(kinds_for_workers.size()))
                                        : kinds_for_supervisors.at(below(kinds_for_supervisors.size()));
        Address to = mailbox.supervisor();
        if (is_for_worker) {
            to = {Rank{static_cast<int>(below(static_cast<std::uint64_t>(ranks)))},
                  Slot{static_cast<std::uint32_t>(below(3))},
                  Generation{static_cast<std::uint32_t>(below(3))}};
        } else if (kind == FrameKind::results || kind == FrameKind::member_up ||
                   kind == FrameKind::member_unfit) {
            to.rank.value = static_cast<int>(below(static_cast<std::uint64_t>(ranks)));
        }
        std::array const pools{link::shared_pool,  link::channel_pool, link::blob_pool,
                               link::process_pool, PoolId{below(3)},   PoolId{random()}};
        std::vector<std::uint32_t> payload(below(40));
        for (auto& word : payload) word = static_cast<std::uint32_t>(below(3) == 0 ? random() : below(12));
        auto const content = std::as_bytes(std::span{payload});
        mailbox.send(link::header_of(kind, to, mailbox.self(), pools.at(below(pools.size())),
                                     CallId{static_cast<std::uint32_t>(below(3))}),
                     content.first(content.size() - std::min<std::size_t>(content.size(), below(4))));
    }
    std::this_thread::sleep_for(100ms);
}

TEST(ChaosTest, a_process_that_sends_anything_harms_no_other) {
    char const* const wish = std::getenv("RANKPOOL_CHAOS");
    std::uint64_t const seeds = wish ? std::strtoull(wish, nullptr, 10) : 300;
    auto pool = context().pool(PoolOptions{.timeout = 5s});
    auto const lock = context().lock();
    auto queue = context().queue<long>();
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        auto process = context().process<send_anything>(
            ProcessOptions{.rank = static_cast<int>(seed) % context().size()}, seed, context().size());
        process.start();
        queue.put(7);
        EXPECT_EQ(queue.get(10s), 7);
        EXPECT_EQ(pool.map<square>(numbers(100)), squares(100));
        process.join();
        // One of its frames may have been a request for the lock that can be.
        EXPECT_TRUE(lock.acquire(10s));
        lock.release();
    }
    pool.close();
    pool.join();
}

}  // namespace
}  // namespace rankpool
