// SPDX-License-Identifier: MIT
// Calls of all kinds at once, of random shapes and with random faults, against what they must give. Each seed
// is a program of its own; RANKPOOL_STRESS says how many there are.
#include "tests/pool/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <random>

namespace rankpool {
namespace {

using namespace support;

enum class Fate { fine, throws, kills_once, kills };

/// A task: what it is to give, and what happens to it.
struct Order {
    std::uint64_t number = 0;
    std::uint64_t size = 0;
    Fate fate = Fate::fine;
    std::string killed;  ///< the name of a tally: whether one has been

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& number& size& fate& killed;
    }
};

/// The bytes that belong to a number.
std::string text_of(std::uint64_t number, std::uint64_t size) {
    std::string text(size, ' ');
    std::uint64_t state = number * 0x9e3779b97f4a7c15U + 1;
    for (std::size_t i = 0; i < size; i += 61) {
        state ^= state << 13U, state ^= state >> 7U, state ^= state << 17U;
        text[i] = static_cast<char>(state);
    }
    return text;
}

std::string make(Order const& order) {
    if (order.fate == Fate::throws) throw std::domain_error("no " + std::to_string(order.number));
    bool const is_first = order.fate == Fate::kills_once && Tally::count(order.killed) == 0;
    if (is_first) Tally::add(order.killed);
    if (is_first || order.fate == Fate::kills) ::kill(::getpid(), SIGKILL);
    return text_of(order.number, order.size);
}

/// The second stage of a pipeline: a number for a text.
std::uint64_t sum_of(std::string const& text) {
    std::uint64_t sum = text.size();
    for (char const c : text) sum = sum * 31 + static_cast<unsigned char>(c);
    return sum;
}

std::uint64_t put_text(Queue<std::string> queue, Order const& order) {
    queue.put(text_of(order.number, order.size));
    return order.number;
}

/// One seed's program.
class Program {
  public:
    Program(std::uint64_t seed, Pool& first, Pool& second) : random_{seed}, pools_{&first, &second} {}

    void run() {
        std::vector<std::function<void()>> ends;
        for (auto count = 2 + below(4); count > 0; --count) ends.push_back(start_one());
        std::shuffle(ends.begin(), ends.end(), random_);
        for (auto const& end : ends) end();
    }

  private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    Pool& pool() { return *pools_.at(below(2)); }

    Order order(bool may_fail) {
        std::uint64_t const kind = below(100);
        std::uint64_t const size = kind < 80 ? below(200) : kind < 97 ? below(100'000) : below(8U << 20U);
        std::uint64_t const fate = may_fail ? below(60) : 4;
        return {next_++, size,
                fate == 0   ? Fate::throws
                : fate == 1 ? Fate::kills_once
                : fate == 2 ? Fate::kills
                            : Fate::fine,
                killed_.name()};
    }
    std::vector<Order> orders(std::uint64_t most, bool may_fail) {
        std::vector<Order> all;
        for (auto count = below(most); count > 0; --count) all.push_back(order(may_fail));
        return all;
    }
    MapOptions options() {
        return {.chunksize = below(2) * below(20),
                .window = below(2) * (1 + below(30)),
                .priority = static_cast<int>(below(3)) - 1};
    }

    /// What must come of an order, by a call that gives it or throws.
    template <class Give>
    static void expect(Order const& order, Give give) {
        try {
            std::string const text = give();
            EXPECT_TRUE(order.fate == Fate::fine || order.fate == Fate::kills_once) << order.number;
            EXPECT_TRUE(text == text_of(order.number, order.size)) << order.number;
        } catch (WorkerLost const&) {
            EXPECT_EQ(order.fate, Fate::kills) << order.number;
        } catch (std::domain_error const& error) {
            EXPECT_EQ(order.fate, Fate::throws) << order.number;
            EXPECT_NE(std::string{error.what()}.find("no " + std::to_string(order.number)),
                      std::string::npos);
        } catch (RemoteError const& error) {
            EXPECT_EQ(order.fate, Fate::throws) << order.number << error.what();
        }
    }

    /// Starts a call and returns what waits for it and looks at what it gives.
    std::function<void()> start_one() {
        switch (below(8)) {
            case 0:
                return outcomes();
            case 1:
                return in_order();
            case 2:
                return in_any_order();
            case 3:
                return one_by_one();
            case 4:
                return pipeline();
            case 5:
                return broken_inputs();
            case 6:
                return through_a_queue();
            default:
                return followed();
        }
    }

    std::function<void()> outcomes() {
        auto all = orders(60, true);
        auto& pool = this->pool();
        auto const how = options();
        return [=, &pool] {
            auto const got = pool.try_map<make>(all, how);
            ASSERT_EQ(got.size(), all.size());
            for (std::size_t i = 0; i < all.size(); ++i) {
                expect(all[i], [&] { return got[i].value(); });
            }
        };
    }

    std::function<void()> in_order() {
        auto all = orders(80, true);
        auto const range =
            std::make_shared<ResultRange<std::string>>(pool().imap<make>(std::vector{all}, options()));
        std::uint64_t const wanted = below(3) == 0 ? below(all.size() + 1) : all.size();
        return [=] {
            for (std::uint64_t i = 0; i < wanted; ++i) {
                expect(all[i], [&] { return range->next().value(); });
            }
            if (wanted == all.size()) {
                EXPECT_FALSE(range->next().has_value());
            }
        };
    }

    std::function<void()> in_any_order() {
        auto all = orders(80, false);
        auto const range = std::make_shared<ResultRange<std::string>>(
            pool().imap_unordered<make>(std::vector{all}, options()));
        return [=] {
            std::multiset<std::string> expected;
            for (auto const& order : all) expected.insert(text_of(order.number, order.size));
            std::multiset<std::string> got;
            for (auto& text : *range) got.insert(std::move(text));
            EXPECT_TRUE(got == expected);
        };
    }

    std::function<void()> one_by_one() {
        struct Call {
            Order order;
            AsyncResult<std::string> result;
            std::shared_ptr<int> told = std::make_shared<int>(0);
            bool is_cancelled = false;
        };
        auto const calls = std::make_shared<std::vector<Call>>();
        for (auto& order : orders(20, true)) {
            auto const told = std::make_shared<int>(0);
            ApplyOptions how{.callback = [told](std::string const& /*text*/) { ++*told; },
                             .error_callback = [told](std::exception_ptr const&) { ++*told; },
                             .priority = static_cast<int>(below(3))};
            calls->push_back({order, pool().apply_async<make>(std::move(how), order), told});
        }
        for (auto& call : *calls) {
            if (below(4) == 0) call.is_cancelled = call.result.cancel();
        }
        return [calls] {
            for (auto const& call : *calls) {
                if (call.is_cancelled) {
                    EXPECT_THROW((void)call.result.get(), CancelledError);
                } else {
                    expect(call.order, [&] { return call.result.get(); });
                }
                EXPECT_EQ(*call.told, 1);
            }
        };
    }

    std::function<void()> pipeline() {
        auto all = orders(60, false);
        auto& second = pool();
        auto texts = pool().imap<make>(std::vector{all}, options());
        auto const range =
            std::make_shared<ResultRange<std::uint64_t>>(second.imap<sum_of>(std::move(texts), options()));
        return [=] {
            for (auto const& order : all) {
                EXPECT_EQ(range->next().value(), sum_of(text_of(order.number, order.size)));
            }
            EXPECT_FALSE(range->next().has_value());
        };
    }

    std::function<void()> broken_inputs() {
        auto all = orders(60, false);
        auto const bad = static_cast<std::ptrdiff_t>(below(all.size() + 1));
        auto inputs = Made{[all, bad, next = std::ptrdiff_t{0}]() mutable -> std::optional<Order> {
            if (next == bad) throw std::range_error("no more inputs");
            return all[static_cast<std::size_t>(next++)];
        }};
        auto& pool = this->pool();
        auto const how = options();
        return [=, &pool]() mutable { EXPECT_THROW((void)pool.map<make>(inputs, how), std::range_error); };
    }

    std::function<void()> through_a_queue() {
        auto all = orders(30, false);
        auto& pool = this->pool();
        auto const queue = std::make_shared<Queue<std::string>>(context().queue<std::string>());
        auto const numbers = pool.map_async(partial<put_text>(*queue), all, options());
        return [=] {
            std::multiset<std::string> expected;
            std::multiset<std::string> got;
            for (auto const& order : all) {
                expected.insert(text_of(order.number, order.size));
                got.insert(queue->get(20s));
            }
            EXPECT_TRUE(got == expected);
            auto const told = numbers.get();
            ASSERT_EQ(told.size(), all.size());
            for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(told[i], all[i].number);
        };
    }

    std::function<void()> followed() {
        auto const first = order(true);
        auto const sum = pool().apply_async<make>(first).then<sum_of>();
        return [=] {
            expect(first, [&] {
                EXPECT_EQ(sum.get(), sum_of(text_of(first.number, first.size)));
                return text_of(first.number, first.size);
            });
        };
    }

    std::mt19937_64 random_;
    std::array<Pool*, 2> pools_;
    Tally killed_;
    std::uint64_t next_ = 0;
};

TEST(PoolStress, calls_of_all_kinds_at_once) {
    char const* const wish = std::getenv("RANKPOOL_STRESS");
    std::uint64_t const seeds = wish ? std::strtoull(wish, nullptr, 10) : 40;
    char const* const from = std::getenv("RANKPOOL_STRESS_FROM");
    std::uint64_t const first = from ? std::strtoull(from, nullptr, 10) : 0;
    auto pool = context().pool();
    auto other = context().pool(2);
    for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        auto const begin = Clock::now();
        Program{seed, pool, other}.run();
        EXPECT_LT(Clock::now() - begin, 30s);
        if (testing::Test::HasFailure()) break;
    }
    for (Pool* const one : {&pool, &other}) {
        one->close();
        one->join();
    }
}

}  // namespace
}  // namespace rankpool
