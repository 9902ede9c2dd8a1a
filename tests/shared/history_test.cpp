// SPDX-License-Identifier: MIT
// Histories of operations on shared objects by many processes, some of which are killed on the way: each must
// be one that a single object could have shown, one operation after the other, each at some moment between
// its begin and its end.
#include "tests/support/seeds.hpp"
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>
#include <sys/time.h>

#include <compare>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace rankpool {
namespace {

using namespace support;

constexpr long nothing = -1;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

constexpr std::size_t most_operations = 64;

struct Operation {
    int what = 0;
    long key = 0;
    long value = 0;
    long result = nothing;
    std::int64_t begin = 0;
    std::int64_t end = never;  ///< of one whose process was killed in it: it may have been done or not

    [[nodiscard]] bool is_known() const { return end != never; }
    [[nodiscard]] bool gives(long wanted) const { return !is_known() || result == wanted; }
};

/// What each operation does to the one object: `apply` is false where its result could not have come of that.
struct CounterModel {
    static constexpr int operations = 1;
    using State = long;
    static bool apply(State& state, Operation const& operation) {
        bool const fits = operation.gives(state);
        state += operation.value;
        return fits;
    }
};
struct DictModel {
    static constexpr int operations = 4;  // set, get, erase, setdefault
    using State = std::map<long, long>;
    static bool apply(State& state, Operation const& operation) {
        auto const found = state.find(operation.key);
        long const now = found == state.end() ? nothing : found->second;
        switch (operation.what) {
            case 0:
                state[operation.key] = operation.value;
                return true;
            case 1:
                return operation.gives(now);
            case 2:
                state.erase(operation.key);
                return operation.gives(now == nothing ? 0 : 1);
            default:
                state.emplace(operation.key, operation.value);
                return operation.gives(now == nothing ? operation.value : now);
        }
    }
};
/// Of queues: put, get.
struct QueueModel {
    static constexpr int operations = 2;
    using State = std::vector<long>;
    static bool apply(State& state, Operation const& operation) {
        if (operation.what == 0) {
            state.push_back(operation.value);
            return true;
        }
        if (state.empty()) return operation.gives(nothing);
        long const first = state.front();
        state.erase(state.begin());
        return operation.gives(first);
    }
};
/// The same. An item on its way to a process that is killed comes back, some time later.
struct PriorityModel {
    static constexpr int operations = 2;
    static constexpr int gives_back = 2;
    struct State {
        std::multiset<long> items;
        std::map<long, long> on_their_way;  ///< to those killed, by the operation's value

        auto operator<=>(State const&) const = default;
    };
    static bool apply(State& state, Operation const& operation) {
        if (operation.what == 0) {
            state.items.insert(operation.value);
            return true;
        }
        if (operation.what == gives_back) {
            auto const item = state.on_their_way.extract(operation.value);
            if (item) state.items.insert(item.mapped());
            return static_cast<bool>(item);
        }
        if (state.items.empty()) return operation.gives(nothing);
        long const first = *state.items.begin();
        state.items.erase(state.items.begin());
        if (!operation.is_known()) state.on_their_way[operation.value] = first;
        return operation.gives(first);
    }
    static void complete(std::vector<Operation>& history) {
        auto const killed = history;
        for (Operation one : killed) {
            // The search has no room for more.
            if (one.is_known() || one.what != 1 || history.size() == most_operations) continue;
            one.what = gives_back;
            history.push_back(one);
        }
    }
};

/// Searches for an order of the operations, as Wing and Gong do (Testing and Verifying Concurrent Objects,
/// 1993), and goes nowhere twice.
template <class Model>
class Search {
  public:
    explicit Search(std::vector<Operation> const& history) : history_(history) {}

    bool finds_an_order() { return go_on(0, {}); }

  private:
    using State = typename Model::State;

    bool go_on(std::uint64_t done, State const& state) {
        if (!seen_.emplace(done, state).second) return false;
        std::int64_t first_end = never;
        bool is_any_left = false;
        for (std::size_t i = 0; i < history_.size(); ++i) {
            if ((done >> i & 1U) != 0 || !history_[i].is_known()) continue;
            is_any_left = true;
            first_end = std::min(first_end, history_[i].end);
        }
        if (!is_any_left) return true;
        for (std::size_t i = 0; i < history_.size(); ++i) {
            if ((done >> i & 1U) != 0 || history_[i].begin > first_end) continue;
            State next = state;
            if (Model::apply(next, history_[i]) && go_on(done | std::uint64_t{1} << i, next)) return true;
        }
        return false;
    }

    std::vector<Operation> const& history_;
    std::set<std::pair<std::uint64_t, State>> seen_;
};

template <class Model>
bool is_sound(std::vector<Operation> const& history) {
    return Search<Model>{history}.finds_an_order();
}

long perform(RawValue<long>& counter, Operation const& operation) {
    return counter.fetch_add(operation.value);
}
long perform(Dict<long, long>& dict, Operation const& operation) {
    switch (operation.what) {
        case 0:
            dict.set(operation.key, operation.value);
            return nothing;
        case 1:
            return dict.get(operation.key).value_or(nothing);
        case 2:
            return dict.erase(operation.key) ? 1 : 0;
        default:
            return dict.setdefault(operation.key, operation.value);
    }
}
template <class AnyQueue>
long perform(AnyQueue& queue, Operation const& operation) {
    if (operation.what == 0) {
        queue.put(operation.value);
        return nothing;
    }
    try {
        return queue.get_nowait();
    } catch (Empty const&) {
        return nothing;
    }
}

std::int64_t now() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

/// Each operation is written down before it begins and when it has ended. One that is doomed is killed by a
/// timer.
template <class Object, class Model>
void act(Object object, std::string const& name, unsigned seed, unsigned who) {
    constexpr int count = 8;
    std::mt19937 random{seed * 100 + who};
    bool const is_doomed = who < 2;
    if (is_doomed) {
        itimerval timer{};
        timer.it_value.tv_usec = std::uniform_int_distribution<long>{1, 400}(random);
        ::setitimer(ITIMER_REAL, &timer, nullptr);
    }
    int const file =
        ::open((name + "." + std::to_string(who)).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (int i = 0; i < count; ++i) {
        Operation operation;
        operation.what = static_cast<int>(random() % Model::operations);
        operation.key = static_cast<long>(random() % 2);
        operation.value = static_cast<long>(who * 100 + static_cast<unsigned>(i) + 1);
        operation.begin = now();
        auto const place = static_cast<off_t>(sizeof operation) * i;
        (void)!::pwrite(file, &operation, sizeof operation, place);
        operation.result = perform(object, operation);
        operation.end = now();
        (void)!::pwrite(file, &operation, sizeof operation, place);
    }
    ::close(file);
}

std::vector<Operation> history_in(std::string const& name, unsigned processes) {
    std::vector<Operation> all;
    for (unsigned who = 0; who < processes; ++who) {
        std::string const file_name = name + "." + std::to_string(who);
        int const file = ::open(file_name.c_str(), O_RDONLY | O_CLOEXEC);
        for (Operation one; ::read(file, &one, sizeof one) == sizeof one;) all.push_back(one);
        ::close(file);
        ::unlink(file_name.c_str());
    }
    return all;
}

/// A line for each operation, in the order in which they began; times in us.
std::string text_of(std::vector<Operation> history) {
    std::ranges::sort(history, {}, &Operation::begin);
    std::string text;
    for (Operation const& one : history) {
        auto const at = [&](std::int64_t time) {
            return std::to_string((time - history.front().begin) / 1000);
        };
        text += "\n" + at(one.begin) + " to " + (one.is_known() ? at(one.end) : "its death") +
                ": operation " + std::to_string(one.what) + " key " + std::to_string(one.key) + " value " +
                std::to_string(one.value) + " result " + std::to_string(one.result);
    }
    return text;
}

template <class Model, class Make>
void expect_sound_histories(Make make) {
    constexpr unsigned processes = 8;
    unsigned const seeds = support::seeds(20);
    std::size_t operations = 0;
    std::size_t unknown = 0;
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        auto const object = make(static_cast<int>(seed) % context().size());
        using Object = std::decay_t<decltype(object)>;
        Tally file;
        std::vector<Process> all;
        for (unsigned who = 0; who < processes; ++who) {
            all.push_back(context().process<act<Object, Model>>(
                {.rank = static_cast<int>(who) % context().size()}, object, file.name(), seed, who));
            all.back().start();
        }
        for (Process& process : all) process.join();
        auto history = history_in(file.name(), processes);
        operations += history.size();
        for (Operation const& one : history) unknown += one.is_known() ? 0U : 1U;
        if constexpr (requires { Model::complete(history); }) Model::complete(history);
        EXPECT_TRUE(is_sound<Model>(history)) << "seed " << seed << text_of(history);
    }
    // Otherwise nobody was killed in the middle, or all before they began.
    EXPECT_GT(unknown, 0U);
    EXPECT_GT(operations, seeds * 6 * 8 - 1);
}

TEST(HistoryTest, of_a_counter) {
    expect_sound_histories<CounterModel>([](int /*rank*/) { return context().raw_value<long>(); });
}
TEST(HistoryTest, of_a_dict) {
    expect_sound_histories<DictModel>([](int rank) { return context().dict<long, long>({.rank = rank}); });
}
TEST(HistoryTest, of_a_queue) {
    expect_sound_histories<QueueModel>([](int /*rank*/) { return context().queue<long>(); });
}
TEST(HistoryTest, of_a_priority_queue) {
    expect_sound_histories<PriorityModel>([](int /*rank*/) { return context().priority_queue<long>(); });
}

TEST(HistoryTest, the_search_tells_what_cannot_have_been) {
    auto const at = [](std::int64_t begin, std::int64_t end, int what, long value, long result) {
        return Operation{
            .what = what, .key = 0, .value = value, .result = result, .begin = begin, .end = end};
    };
    // Two that got the same number; one that got what only a later one left.
    EXPECT_TRUE(is_sound<CounterModel>({at(0, 9, 0, 1, 1), at(1, 8, 0, 1, 0)}));
    EXPECT_FALSE(is_sound<CounterModel>({at(0, 9, 0, 1, 0), at(1, 8, 0, 1, 0)}));
    EXPECT_FALSE(is_sound<CounterModel>({at(0, 1, 0, 1, 1), at(2, 3, 0, 1, 0)}));
    // What was put first comes first; of two at once either.
    EXPECT_FALSE(is_sound<QueueModel>({at(0, 1, 0, 5, nothing), at(2, 3, 0, 6, nothing), at(4, 5, 1, 0, 6)}));
    EXPECT_TRUE(is_sound<QueueModel>({at(0, 3, 0, 5, nothing), at(2, 3, 0, 6, nothing), at(4, 5, 1, 0, 6)}));
    EXPECT_FALSE(
        is_sound<PriorityModel>({at(0, 1, 0, 6, nothing), at(2, 3, 0, 5, nothing), at(4, 5, 1, 0, 6)}));
    // One that was killed in it may have been done or not, but not both; what it would have got comes back,
    // once.
    auto const given_back = [&](std::vector<Operation> history) {
        PriorityModel::complete(history);
        return is_sound<PriorityModel>(history);
    };
    auto const killed_get = at(4, never, 1, 9, nothing);
    std::vector<Operation> const puts{at(0, 1, 0, 5, nothing), at(2, 3, 0, 6, nothing)};
    EXPECT_TRUE(given_back({puts[0], puts[1], killed_get, at(5, 6, 1, 0, 6), at(7, 8, 1, 0, 5)}));
    EXPECT_TRUE(given_back({puts[0], puts[1], killed_get, at(5, 6, 1, 0, 6), at(7, 8, 1, 0, nothing)}));
    EXPECT_FALSE(given_back({puts[0], puts[1], at(5, 6, 1, 0, 6), at(7, 8, 1, 0, 5)}));
    EXPECT_FALSE(given_back({puts[0], puts[1], killed_get, at(5, 6, 1, 0, 5), at(7, 8, 1, 0, 5)}));
    EXPECT_TRUE(is_sound<DictModel>({at(0, never, 0, 7, nothing), at(1, 2, 1, 0, 7)}));
    EXPECT_TRUE(is_sound<DictModel>({at(0, never, 0, 7, nothing), at(1, 2, 1, 0, nothing)}));
    EXPECT_FALSE(
        is_sound<DictModel>({at(0, never, 0, 7, nothing), at(1, 2, 1, 0, 7), at(3, 4, 1, 0, nothing)}));
}

}  // namespace
}  // namespace rankpool
