// SPDX-License-Identifier: MIT
// Tasks that write over the memory of their worker's link, and of a queue: it ends them, and nobody else.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

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

TEST(ChaosTest, a_worker_that_writes_over_its_link_harms_no_other) {
    char const* const wish = std::getenv("RANKPOOL_CHAOS");
    std::uint64_t const seeds = wish ? std::strtoull(wish, nullptr, 10) : 24;
    std::vector<Sealed> values;
    for (long i = 0; i < 40; ++i) values.push_back(Sealed::of(i));
    auto pool = context().pool(PoolOptions{.timeout = 20s});
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        auto const outcomes = pool.try_map(partial<square_or_scribble>(seed), values, {.chunksize = 1});
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

}  // namespace
}  // namespace rankpool
