// SPDX-License-Identifier: MIT
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace rankpool {
namespace {

using namespace support;

using Numbers = Dict<std::string, long>;

std::optional<long> add(std::optional<long> value, long amount) {
    return value.value_or(0) + amount;
}
std::optional<long> forget(std::optional<long> /*value*/) {
    return std::nullopt;
}
std::optional<long> fail(std::optional<long> /*value*/) {
    throw std::domain_error("not this one");
}

class DictTest : public testing::TestWithParam<bool> {
  protected:
    Numbers const dict = context().dict<std::string, long>({.spread = GetParam()});
};
INSTANTIATE_TEST_SUITE_P(Kept, DictTest, testing::Bool());

TEST_P(DictTest, is_a_dictionary) {
    EXPECT_EQ(dict.size(), 0U);
    EXPECT_FALSE(dict.get("a"));
    EXPECT_THROW((void)dict.at("a"), std::out_of_range);
    EXPECT_THROW((void)dict.pop("a"), std::out_of_range);
    EXPECT_FALSE(dict.erase("a"));
    dict.set("a", 1);
    dict.set("a", 2);
    EXPECT_EQ(dict.at("a"), 2);
    EXPECT_EQ(dict.setdefault("a", 5), 2);
    EXPECT_EQ(dict.setdefault("b", 5), 5);
    EXPECT_TRUE(dict.contains("b"));
    EXPECT_EQ(dict.pop("b"), 5);
    EXPECT_FALSE(dict.contains("b"));
    EXPECT_TRUE(dict.erase("a"));
    std::map<std::string, long> wanted;
    for (long i = 0; i < 50; ++i) wanted["key " + std::to_string(i)] = i;
    dict.set_many(wanted);
    EXPECT_EQ(dict.size(), 50U);
    auto const items = dict.items();
    EXPECT_EQ((std::map<std::string, long>{items.begin(), items.end()}), wanted);
    auto keys = dict.keys();
    EXPECT_EQ((std::set<std::string>{keys.begin(), keys.end()}).size(), 50U);
    EXPECT_EQ(dict.get_many(std::vector<std::string>{"key 7", "none"}),
              (std::vector<std::optional<long>>{7, std::nullopt}));
    dict.clear();
    EXPECT_EQ(dict.size(), 0U);
}

TEST_P(DictTest, update_is_one_change) {
    EXPECT_EQ(dict.update<add>("a", 3L), 3);
    EXPECT_EQ(dict.update<add>("a", 4L), 7);
    auto const error = thrown<RemoteError>([&] { (void)dict.update<fail>("a"); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->type_name(), "std::domain_error");
    EXPECT_EQ(dict.get("a"), 7);
    EXPECT_FALSE(dict.update<forget>("a"));
    EXPECT_FALSE(dict.contains("a"));
    EXPECT_FALSE(dict.update<forget>("a"));
}

void add_often(Numbers dict, int times) {
    for (int i = 0; i < times; ++i) dict.update<add>("sum", 1L);
}

TEST_P(DictTest, many_update_it) {
    std::vector<Process> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(context().process<add_often>({.rank = i % context().size()}, dict, 25));
        all.back().start();
    }
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
    EXPECT_EQ(dict.get("sum"), 100);
}

void set_later(Numbers dict) {
    std::this_thread::sleep_for(20ms);
    dict.set("other", 1);
    dict.set("late", 2);
}

TEST_P(DictTest, a_key_is_waited_for) {
    EXPECT_FALSE(dict.wait_for("late", 10ms));
    EXPECT_FALSE(dict.wait_for("late", 0s));
    auto other = start_far<set_later>(dict);
    EXPECT_EQ(dict.wait_for("late"), 2);
    EXPECT_EQ(dict.wait_for("late"), 2);
    EXPECT_EQ(code_of(other), 0);
}

TEST(ManyTest, many_at_once_are_as_many_one_by_one) {
    for (bool const spread : {false, true}) {
        auto const dict = context().dict<int, std::string>({.spread = spread});
        std::map<int, std::string> wanted;
        for (int i = 0; i < 2000; ++i) wanted[i] = "value " + std::to_string(i);
        // Longer than a message, either way.
        for (int const i : {3, 4, 777}) wanted[i] = std::string(300'000, static_cast<char>('a' + i % 26));
        dict.set_many(wanted);
        EXPECT_EQ(dict.size(), wanted.size());
        std::vector<int> keys(2001);
        std::iota(keys.rbegin(), keys.rend(), 0);
        auto const found = dict.get_many(keys);
        ASSERT_EQ(found.size(), keys.size());
        EXPECT_FALSE(found[0]);
        for (std::size_t i = 1; i < keys.size(); ++i) ASSERT_EQ(found[i], wanted.at(keys[i])) << keys[i];
    }
    auto const list = context().list<int>();
    std::vector<int> numbers(3000);
    std::iota(numbers.begin(), numbers.end(), 0);
    list.extend(numbers);
    EXPECT_EQ(list.items(), numbers);
}

TEST(ManyTest, one_of_many_that_has_no_room_is_told) {
    auto const dict = context().dict<int, std::string>({.max_bytes = 10'000});
    std::map<int, std::string> many;
    for (int i = 0; i < 300; ++i) many[i] = std::string(100, 'x');
    EXPECT_THROW(dict.set_many(many), Full);
    EXPECT_LT(dict.size(), 110U);
    // What had been sent behind it is over.
    EXPECT_EQ(dict.get(0), many.at(0));
    dict.clear();
    dict.set(1, "one");
    EXPECT_EQ(dict.at(1), "one");
}

TEST(DictOptionsTest, a_rank_and_a_bound) {
    int const ranks = context().size();
    EXPECT_THROW((void)(context().dict<int, int>({.rank = ranks})), UsageError);
    EXPECT_THROW((void)(context().dict<int, int>({.rank = -2})), UsageError);
    auto const far = context().dict<int, std::string>({.rank = last_rank(), .max_bytes = 1000});
    far.set(1, std::string(500, 'a'));
    EXPECT_THROW(far.set(2, std::string(600, 'b')), Full);
    EXPECT_THROW(far.set(2, std::string(600'000, 'b')), Full);
    EXPECT_EQ(far.at(1), std::string(500, 'a'));
    far.erase(1);
    far.set(2, std::string(600, 'b'));
    EXPECT_EQ(far.size(), 1U);
}

TEST(DictOptionsTest, large_values_pass) {
    auto const dict = context().dict<std::string, std::vector<std::uint32_t>>();
    auto const large = pattern(1024 * 1024 + 12);
    dict.set("large", large);
    EXPECT_EQ(dict.at("large"), large);
    EXPECT_EQ(dict.wait_for("large"), large);
    EXPECT_EQ(dict.items().at(0).second, large);
    EXPECT_EQ(dict.setdefault("large", {}), large);
    EXPECT_EQ(dict.pop("large"), large);
}

TEST(DictOptionsTest, queues_are_values) {
    auto const dict = context().dict<int, Queue<int>>();
    dict.set(1, context().queue<int>());
    dict.at(1).put(5);
    EXPECT_EQ(dict.at(1).get(10s), 5);
}

List<std::string> append_there(List<std::string> list) {
    list.append("there");
    return list;
}

TEST(ListTest, is_a_list) {
    auto pool = context().pool();
    auto const list = context().list<std::string>();
    EXPECT_THROW((void)list.pop(), std::out_of_range);
    list.append("a");
    list.extend(std::vector<std::string>{"b", "c"});
    EXPECT_EQ(pool.apply<append_there>(list).size(), 4U);
    EXPECT_EQ(list.get(-1), "there");
    EXPECT_EQ(list.get(0), "a");
    list.set(1, "B");
    EXPECT_EQ(list.items(), (std::vector<std::string>{"a", "B", "c", "there"}));
    EXPECT_EQ(list.pop(), "there");
    EXPECT_EQ(list.pop(0), "a");
    for (long const wrong : {2L, -3L, 1000L}) {
        EXPECT_THROW((void)list.get(wrong), std::out_of_range);
        EXPECT_THROW(list.set(wrong, ""), std::out_of_range);
        EXPECT_THROW((void)list.pop(wrong), std::out_of_range);
    }
}

/// The third of them cannot be saved.
struct Stubborn {
    int number = 0;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        if (Archive::is_saving::value && number == 3) throw std::runtime_error("will not be saved");
        archive& number;
    }
};

TEST(ListTest, an_extend_that_throws_half_way_leaves_what_was_before) {
    auto list = context().list<Stubborn>();
    EXPECT_THROW(list.extend(std::vector<Stubborn>{{1}, {2}, {3}, {4}}), SerializationError);
    EXPECT_LE(list.size(), 2U);
    list.append(Stubborn{5});
    EXPECT_EQ(list.items().back().number, 5);
}

}  // namespace
}  // namespace rankpool
