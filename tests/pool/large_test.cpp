// SPDX-License-Identifier: MIT
// Values that do not fit into a frame.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace rankpool {
namespace {

using namespace support;

using Numbers = std::vector<std::uint32_t>;

/// `n` numbers that tell where they should be.
Numbers pattern(std::size_t n, std::uint32_t seed) {
    Numbers all(n);
    for (std::size_t i = 0; i < n; ++i) all[i] = static_cast<std::uint32_t>(i * 2654435761U) ^ seed;
    return all;
}
Numbers reversed(Numbers all) {
    std::ranges::reverse(all);
    return all;
}
Numbers make(std::size_t n) {
    return pattern(n, static_cast<std::uint32_t>(n));
}
std::size_t count(Numbers const& all) {
    return all.size();
}
std::uint64_t sum_with(Numbers const& bound, std::uint32_t x) {
    return std::accumulate(bound.begin(), bound.end(), std::uint64_t{x});
}

TEST(PoolLarge, values_of_all_sizes_go_both_ways) {
    auto pool = context().pool();
    // Around the sizes of frames, parcels, windows and rings, in bytes.
    for (std::size_t const edge : {64U << 10U, 128U << 10U, 256U << 10U, 1U << 20U, 3U << 20U}) {
        for (std::size_t const bytes : {edge - 128, edge - 64, edge - 4, edge, edge + 4, edge + 64}) {
            Numbers const sent = pattern(bytes / 4, 1);
            ASSERT_TRUE(pool.apply<reversed>(sent) == reversed(sent)) << bytes;
        }
    }
}

TEST(PoolLarge, many_at_once_in_both_directions) {
    auto pool = context().pool();
    std::vector<Numbers> values;
    for (std::uint32_t i = 0; i < 24; ++i) values.push_back(pattern(500'000 + i * 10'000, i));
    auto const results = pool.map<reversed>(values);
    ASSERT_EQ(results.size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_TRUE(results[i] == reversed(values[i])) << i;
}

TEST(PoolLarge, several_calls_at_once) {
    auto pool = context().pool();
    std::vector<AsyncResult<Numbers>> results;
    for (std::uint32_t i = 0; i < 8; ++i) results.push_back(pool.apply_async<reversed>(pattern(700'000, i)));
    EXPECT_EQ(pool.map<square>(numbers(1000)), squares(1000));
    for (std::uint32_t i = 0; i < 8; ++i) ASSERT_TRUE(results[i].get() == reversed(pattern(700'000, i)));
}

TEST(PoolLarge, among_small_ones) {
    auto pool = context().pool();
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < 300; ++i) sizes.push_back(i % 37 == 5 ? 400'000 + i : i);
    auto const results = pool.map<make>(sizes);
    for (std::size_t i = 0; i < sizes.size(); ++i) ASSERT_TRUE(results[i] == make(sizes[i])) << i;
    std::vector<Numbers> values;
    for (std::size_t const size : sizes) values.push_back(make(size));
    EXPECT_EQ(pool.map<count>(values), sizes);
    EXPECT_EQ(pool.map<count>(values, {.chunksize = 10}), sizes);
}

TEST(PoolLarge, from_an_input_that_is_read_once) {
    auto pool = context().pool();
    std::uint32_t next = 0;
    Made inputs{[&]() -> std::optional<Numbers> {
        return next < 12 ? std::optional{pattern(300'000, next++)} : std::nullopt;
    }};
    std::uint32_t taken = 0;
    for (auto const& result : pool.imap<reversed>(inputs))
        ASSERT_TRUE(result == reversed(pattern(300'000, taken++)));
    EXPECT_EQ(taken, 12U);
}

TEST(PoolLarge, much_bound_to_a_function_is_sent_once) {
    auto pool = context().pool();
    Numbers const bound = pattern(10U << 18U, 9);  // 10 MiB
    std::uint64_t const sum = sum_with(bound, 0);
    std::vector<std::uint32_t> xs(1000);
    std::iota(xs.begin(), xs.end(), 0U);
    auto const sums = pool.map(partial<sum_with>(bound), xs);
    for (std::uint32_t x = 0; x < 1000; ++x) ASSERT_EQ(sums[x], sum + x);
}

TEST(PoolLarge, survives_the_loss_of_workers) {
    auto pool = context().pool();
    Tally deaths;
    auto const die_once = [](std::string const& name, Numbers all) {
        if (all[0] == 5 && Tally::count(name) == 0) {
            Tally::add(name);
            ::kill(::getpid(), SIGKILL);
        }
        return reversed(std::move(all));
    };
    std::vector<Numbers> values;
    for (std::uint32_t i = 0; i < 12; ++i) values.push_back(pattern(500'000, i));
    auto const results = pool.map(partial(die_once, deaths.name()), values);
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_TRUE(results[i] == reversed(values[i])) << i;
    EXPECT_EQ(deaths.count(), 1);
}

/// Ends the process that decodes or encodes the middle of it, as often as the tally says.
struct Trap {
    std::string tally;
    bool on_load = true;
    Numbers first = pattern(500'000, 1);
    Numbers second = pattern(500'000, 2);

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& tally& on_load& first;
        bool const in_worker = current_process().name() != "MainProcess";
        if (in_worker && on_load == Archive::is_loading::value && Tally::count(tally) == 0) {
            Tally::add(tally);
            ::kill(::getpid(), SIGKILL);
        }
        archive& second;
    }
};

TEST(PoolLarge, a_worker_lost_in_the_middle_of_a_value_is_replaced) {
    auto pool = context().pool();
    for (bool const on_load : {true, false}) {
        Tally deaths;
        auto const result = pool.apply([](Trap trap) { return trap; }, Trap{deaths.name(), on_load});
        EXPECT_EQ(deaths.count(), 1);
        EXPECT_TRUE(result.second == pattern(500'000, 2));
    }
    EXPECT_EQ(pool.map<square>(numbers(100)), squares(100));
}

/// Throws in the middle of it.
struct Bad {
    enum class Where { argument_saved, argument_loaded, result_saved, result_loaded };
    Where where = Where::argument_saved;
    Numbers first = pattern(500'000, 1);
    Numbers second = pattern(500'000, 2);

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& where& first;
        bool const in_worker = current_process().name() != "MainProcess";
        Where const here = Archive::is_loading::value
                               ? (in_worker ? Where::argument_loaded : Where::result_loaded)
                               : (in_worker ? Where::result_saved : Where::argument_saved);
        if (here == where) throw std::domain_error("half way");
        archive& second;
    }
};

TEST(PoolLarge, a_value_that_throws_in_its_middle_spoils_one_task_only) {
    auto pool = context().pool();
    auto const before = pids_of(pool);
    for (auto const where : {Bad::Where::argument_saved, Bad::Where::argument_loaded,
                             Bad::Where::result_saved, Bad::Where::result_loaded}) {
        auto const bad = pool.apply_async([](Bad value) { return value; }, Bad{where});
        auto const good = pool.apply_async<reversed>(pattern(500'000, 3));
        auto const error = thrown<SerializationError>([&] { (void)bad.get(); });
        ASSERT_TRUE(error) << static_cast<int>(where);
        EXPECT_NE(std::string{error->what()}.find("half way"), std::string::npos);
        EXPECT_TRUE(good.get() == reversed(pattern(500'000, 3)));
    }
    EXPECT_EQ(pids_of(pool), before);
}

TEST(PoolBroadcast, is_rebuilt_once_in_each_worker) {
    auto pool = context().pool();
    Numbers const value = pattern(2'000'000, 4);
    auto const shared = pool.broadcast(value);
    EXPECT_TRUE(shared.get() == value);
    auto const at = [](Shared<Numbers> const& all, std::size_t i) {
        return std::pair{reinterpret_cast<std::uintptr_t>(all.get().data()), (*all)[i]};
    };
    auto const looks = pool.map(partial(at, shared), Counted{500});
    std::set<std::uintptr_t> places;
    for (std::size_t i = 0; i < 500; ++i) {
        EXPECT_EQ(looks[i].second, value[i]);
        places.insert(looks[i].first);
    }
    EXPECT_LE(places.size(), pool.size());
}

TEST(PoolBroadcast, travels_as_an_argument_and_to_several_pools) {
    auto pool = context().pool();
    auto other = context().pool(2);
    auto const small = pool.broadcast(std::string{"word"});
    auto const map = pool.broadcast(std::map<std::string, int>{{"a", 1}});
    auto const use = [](Shared<std::string> const& text, Shared<std::map<std::string, int>> const& numbers) {
        return *text + std::to_string(numbers->at("a"));
    };
    EXPECT_EQ(pool.apply(use, small, map), "word1");
    EXPECT_EQ(other.apply(use, small, map), "word1");
    EXPECT_EQ(small.get(), "word");
}

TEST(PoolBroadcast, reaches_workers_that_come_later) {
    std::optional<Shared<Numbers>> shared;
    auto first = context().pool();
    shared = first.broadcast(pattern(1'000'000, 6));
    first.terminate();
    auto later = context().pool(3, {.maxtasksperchild = 1});
    auto const size = [](Shared<Numbers> const& all, long) { return all.get().size(); };
    EXPECT_EQ(later.map(partial(size, *shared), numbers(12), {.chunksize = 1}),
              std::vector<std::size_t>(12, 1'000'000));
}

TEST(PoolBroadcast, many_come_and_go) {
    auto pool = context().pool();
    auto const last = [](Shared<Numbers> const& all) { return all.get().back(); };
    for (std::uint32_t i = 0; i < 40; ++i) {
        auto const shared = pool.broadcast(pattern(100'000, i));
        ASSERT_EQ(pool.apply(last, shared), pattern(100'000, i).back());
    }
}

std::optional<Shared<std::string>> kept;

TEST(PoolBroadcast, that_is_gone_is_an_error) {
    auto pool = context().pool(1);
    pool.apply([](Shared<std::string> const& text) { kept = text; }, pool.broadcast(std::string{"short"}));
    // It goes when all ranks have got it.
    std::optional<RemoteError> error;
    while (!error) error = thrown<RemoteError>([&] { pool.apply([] { return kept->get(); }); });
    EXPECT_EQ(error->type_name(), "rankpool::UsageError") << error->what();
}

TEST(PoolBroadcast, lasts_as_long_as_a_call_that_uses_it) {
    auto pool = context().pool();
    Tally gate;
    auto const look = [](std::string const& name, Shared<std::string> const& text) {
        Tally::wait_for(name, 1);
        return text.get();
    };
    auto const result = pool.apply_async(look, gate.name(), pool.broadcast(std::string{"long"}));
    EXPECT_FALSE(result.ready());
    gate.add();
    EXPECT_EQ(result.get(), "long");
}

}  // namespace
}  // namespace rankpool
