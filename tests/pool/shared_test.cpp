// SPDX-License-Identifier: MIT
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <numeric>
#include <sstream>

namespace rankpool {
namespace {

using namespace support;

/// What this process has of memory, with its part of what it shares with others.
long proportional_kib() {
    std::ifstream file{"/proc/self/smaps_rollup"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("Pss:")) return std::stol(line.substr(4));
    }
    return 0;
}

/// How many broadcast values this process has mapped.
std::size_t mapped_values() {
    std::set<std::string> names;
    std::ifstream file{"/proc/self/maps"};
    for (std::string line; std::getline(file, line);) {
        auto const name = line.find("/memfd:rankpool-blob");
        if (name != std::string::npos) names.insert(line.substr(name));
    }
    return names.size();
}

std::vector<double> ramp(std::size_t n) {
    std::vector<double> values(n);
    std::iota(values.begin(), values.end(), 0.0);
    return values;
}

struct Look {
    double sum = 0;
    long grown_kib = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& sum& grown_kib;
    }
};

/// All workers hold the value at the same time.
Look look_together(std::string const& gate, Shared<std::vector<double>> const& shared, long all) {
    long const before = proportional_kib();
    auto const& values = shared.get();
    Look look;
    look.sum = std::accumulate(values.begin(), values.end(), 0.0);
    meet(gate, all);
    look.grown_kib = proportional_kib() - before;
    meet(gate, 2 * all);
    return look;
}

TEST(SharedTest, lies_in_memory_once_for_all_workers_of_a_node) {
    constexpr std::size_t count = std::size_t{1} << 23;
    constexpr long kib = count * sizeof(double) / 1024;
    auto pool = context().pool(std::max(4, context().workers()));
    long const before = proportional_kib();
    auto const shared = pool.broadcast(ramp(count));
    Tally gate;
    std::vector<long> const everyone(pool.size(), static_cast<long>(pool.size()));
    auto const looks = pool.map(partial<look_together>(gate.name(), shared), everyone, {.chunksize = 1});
    long grown = 0;
    for (Look const& look : looks) {
        EXPECT_EQ(look.sum, static_cast<double>(count) * static_cast<double>(count - 1) / 2);
        grown += look.grown_kib;
    }
    // The pages are counted among all who have mapped them, so that their parts are at most the whole.
    EXPECT_LT(grown, kib + kib / 4);
    EXPECT_LT(proportional_kib() - before, kib / 2) << "its owner holds another one";
}

template <class T>
T copied(Shared<T> const& shared) {
    return *shared;
}

/// What comes back of a value that was looked at in a worker and here.
template <class T>
void expect_travels(Pool& pool, T const& value) {
    auto const shared = pool.broadcast(value);
    EXPECT_TRUE(*shared == value);
    EXPECT_TRUE(pool.apply<copied<T>>(shared) == value);
}

TEST(SharedTest, values_of_all_sizes_and_kinds_are_what_they_were) {
    auto pool = context().pool();
    for (std::size_t const n : {0U, 1U, 5000U, 8191U, 8192U, 100'000U}) {
        expect_travels(pool, ramp(n));
        expect_travels(pool, std::vector<char>(n * 8, 'x'));
        expect_travels(pool, std::vector<std::int64_t>(n, -1));
        expect_travels(pool, std::vector<bool>(n * 8, true));
        expect_travels(pool, std::string(n * 8, 'y'));
        expect_travels(pool, std::vector<std::string>(n / 10, "text"));
    }
}

bool ends_with_zero(Shared<std::string> const& text) {
    return std::strlen(text->c_str()) == text->size();
}

TEST(SharedTest, a_text_ends_with_a_zero_also_at_the_end_of_a_page) {
    auto pool = context().pool(1);
    for (std::size_t const less : {0U, 7U, 8U, 9U}) {
        auto const shared = pool.broadcast(std::string(40 * 4096 - less, 'z'));
        EXPECT_TRUE(ends_with_zero(shared));
        EXPECT_TRUE(pool.apply<ends_with_zero>(shared));
    }
}

double changed_copy(Shared<std::vector<double>> const& shared) {
    auto mine = shared.get();
    mine.push_back(1);
    mine.front() = 7;
    return mine.front() + mine.back() + shared->front();
}

TEST(SharedTest, a_copy_of_it_is_a_vector_like_any) {
    auto pool = context().pool();
    auto const shared = pool.broadcast(ramp(100'000));
    EXPECT_EQ(pool.apply<changed_copy>(shared), 8);
    EXPECT_EQ(changed_copy(shared), 8);
}

std::size_t mapped_after_a_look(Shared<std::vector<double>> const& shared) {
    return shared->empty() ? 0 : mapped_values();
}

TEST(SharedTest, those_that_have_gone_are_not_mapped_any_more) {
    auto pool = context().pool(2);
    std::size_t const before = mapped_values();
    std::size_t most = 0;
    for (int i = 0; i < 300; ++i)
        most = std::max(most, pool.apply<mapped_after_a_look>(pool.broadcast(ramp(20'000))));
    // Few are still on their way.
    EXPECT_LT(most, 100U);
    auto const last = pool.broadcast(ramp(20'000));
    // Gone are they when all ranks have got them.
    auto const deadline = Deadline::after(30s);
    while (mapped_values() > before + 1 && !deadline.passed()) context().pool(1).apply([] {});
    // What other tests had left before may have gone, too.
    EXPECT_LE(mapped_values(), before + 1);
    EXPECT_GE(mapped_values(), 1U);
}

std::size_t length(Shared<std::vector<double>> const& shared, long /*ignored*/) {
    return shared->size();
}

void broadcast_and_use_at_once(Queue<int> failures, std::size_t size) {
    auto pool = context().pool();
    int failed = 0;
    for (int i = 0; i < 200; ++i) {
        auto const shared = pool.broadcast(ramp(size));
        for (auto const& outcome : pool.try_map(partial<length>(shared), numbers(4), {.chunksize = 1})) {
            if (!outcome.has_value() || outcome.value() != size) ++failed;
        }
    }
    failures.put(failed);
}

// A task may come to a rank before the word that there is such a value.
TEST(SharedTest, of_any_rank_may_be_used_at_once_on_all_others) {
    for (int rank = 0; rank < context().size(); ++rank) {
        for (std::size_t const size : {5U, 2000U, 20'000U}) {
            auto failures = context().queue<int>();
            auto process = context().process<broadcast_and_use_at_once>({.rank = rank}, failures, size);
            process.start();
            EXPECT_EQ(failures.get(), 0) << "from rank " << rank << ", " << size << " values";
            process.join();
        }
    }
}

}  // namespace
}  // namespace rankpool
