// SPDX-License-Identifier: MIT
// Values whose worker dies in the middle of them.
#include "tests/pool/support.hpp"

#include <boost/serialization/split_member.hpp>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>

#include <algorithm>
#include <random>

namespace rankpool {
namespace {

using namespace support;

/// Too large for a frame. A worker that saves the one numbered `fatal` dies in the middle, once.
struct Grid {
    static constexpr long fatal = 45;

    std::vector<double> lo;
    std::vector<double> hi;
    long id = -1;
    std::string deaths;

    template <class Archive>
    void save(Archive& archive, unsigned int /*version*/) const {
        archive << deaths << lo;
        if (id == fatal && Tally::count(deaths) == 0) {
            Tally::add(deaths);
            // What has been written is to be on its way.
            std::this_thread::sleep_for(100ms);
            ::kill(::getpid(), SIGKILL);
        }
        archive << hi << id;
    }
    template <class Archive>
    void load(Archive& archive, unsigned int /*version*/) {
        std::vector<double> more;
        archive >> deaths >> more;
        // A load that adds to what is there.
        lo.insert(lo.end(), more.begin(), more.end());
        archive >> hi >> id;
    }
    BOOST_SERIALIZATION_SPLIT_MEMBER()
};

constexpr std::size_t cells = 200'000;

Grid make(std::string const& deaths, long id) {
    std::vector<double> const ones(cells, 1.0);
    return {ones, ones, id, deaths};
}
Grid add(Grid a, Grid const& b) {
    for (std::size_t i = 0; i < cells; ++i) a.lo[i] += b.lo[i], a.hi[i] += b.hi[i];
    a.id = -1;
    return a;
}

TEST(PoolBrokenStreamTest, nothing_of_it_stays_in_a_reduction) {
    // The nodes of a batch: one of two values and the fatal one behind it, or the fatal one among others.
    std::vector<std::vector<long>> const inputs{
        {0, 1, Grid::fatal}, {0, 1, Grid::fatal, 2, 3, 4}, {Grid::fatal, 0, 1}, {0, 1, 2, 3, Grid::fatal}};
    for (auto const& ids : inputs) {
        for (std::size_t const chunksize : std::vector<std::size_t>{1, 3, 5}) {
            auto pool = context().pool(2);
            Tally deaths;
            std::vector<double> const none(cells, 0.0);
            auto const sum = pool.map_reduce(partial<make>(deaths.name()), task::Function<add>{}, ids,
                                             Grid{none, none, -1, deaths.name()}, {.chunksize = chunksize});
            EXPECT_EQ(sum.lo.size(), cells);
            EXPECT_EQ(sum.lo.front(), static_cast<double>(ids.size())) << ids.size() << ' ' << chunksize;
            EXPECT_EQ(sum.hi.back(), static_cast<double>(ids.size())) << ids.size() << ' ' << chunksize;
        }
    }
}

TEST(PoolBrokenStreamTest, nothing_of_it_stays_in_a_value) {
    std::vector<long> const ids{1, Grid::fatal, 2};
    auto const check = [](auto const& grids) {
        std::size_t count = 0;
        for (Grid const& grid : grids) {
            EXPECT_EQ(grid.lo.size(), cells) << grid.id;
            EXPECT_EQ(grid.hi.size(), cells) << grid.id;
            ++count;
        }
        EXPECT_EQ(count, 3U);
    };
    auto pool = context().pool(2);
    Tally of_map, of_imap, of_apply, of_try_map;
    check(pool.map(partial<make>(of_map.name()), ids));
    std::vector<Grid> walked;
    for (Grid& grid : pool.imap(partial<make>(of_imap.name()), ids)) walked.push_back(std::move(grid));
    check(walked);
    auto const one = pool.apply(partial<make>(of_apply.name()), Grid::fatal);
    EXPECT_EQ(one.lo.size(), cells);
    std::vector<Grid> tried;
    for (auto const& outcome : pool.try_map(partial<make>(of_try_map.name()), ids))
        tried.push_back(outcome.value());
    check(tried);
    for (Tally const* deaths : {&of_map, &of_imap, &of_apply, &of_try_map}) EXPECT_EQ(deaths->count(), 1);
}

/// Too large for a frame. Its worker is killed about when it has been saved.
struct Mortal {
    long id = -1;
    std::vector<double> numbers;

    template <class Archive>
    void save(Archive& archive, unsigned int /*version*/) const {
        archive << id << numbers;
        static std::mt19937 random{std::random_device{}()};
        if (random() % 3 != 0) return;
        itimerval const soon{{0, 0}, {0, 1 + static_cast<suseconds_t>(random() % 300)}};
        ::signal(SIGALRM, SIG_DFL);
        ::setitimer(ITIMER_REAL, &soon, nullptr);
    }
    template <class Archive>
    void load(Archive& archive, unsigned int /*version*/) {
        std::vector<double> more;
        archive >> id >> more;
        // A load that adds to what is there.
        numbers.insert(numbers.end(), more.begin(), more.end());
    }
    BOOST_SERIALIZATION_SPLIT_MEMBER()
};

constexpr std::size_t length = 40'000;

Mortal live(long id) {
    return {id, std::vector<double>(length, static_cast<double>(id))};
}

template <class Range>
void expect_each_once(Range&& mortals, long count) {
    std::vector<long> ids;
    for (Mortal const& mortal : mortals) {
        ids.push_back(mortal.id);
        EXPECT_EQ(mortal.numbers, std::vector<double>(length, static_cast<double>(mortal.id))) << mortal.id;
    }
    std::ranges::sort(ids);
    EXPECT_EQ(ids, numbers(count));
}

TEST(PoolBrokenStreamTest, a_worker_that_dies_behind_its_result_has_not_given_it_twice) {
    auto pool = context().pool(2, {.crash_limit = 1000});
    constexpr long count = 60;
    expect_each_once(pool.map<live>(numbers(count)), count);
    expect_each_once(pool.imap<live>(numbers(count), {.chunksize = 1}), count);
    expect_each_once(pool.imap_unordered<live>(numbers(count), {.chunksize = 1}), count);
}

}  // namespace
}  // namespace rankpool
