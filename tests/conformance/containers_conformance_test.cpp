// SPDX-License-Identifier: MIT
// One test per behaviour that CPython's Lib/test/_test_multiprocessing.py asserts of what managers keep,
// named as there.
#include "tests/conformance/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <variant>

namespace rankpool {
namespace {

using namespace support;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(ConformanceContainers, test_list) {
    auto const list = context().list<long>();
    EXPECT_THAT(list.items(), IsEmpty());
    list.extend({0, 1, 2, 3, 4});
    EXPECT_THAT(list.items(), ElementsAre(0, 1, 2, 3, 4));
    EXPECT_EQ(list.get(2), 2);
    EXPECT_EQ(list.get(-1), 4);
    list.set(2, 20);
    list.set(-1, 40);
    list.append(5);
    EXPECT_EQ(list.size(), 6U);
    EXPECT_THAT(list.items(), ElementsAre(0, 1, 20, 3, 40, 5));
    EXPECT_EQ(list.pop(), 5);
    EXPECT_EQ(list.pop(0), 0);
    EXPECT_EQ(list.pop(-2), 3);
    EXPECT_THAT(list.items(), ElementsAre(1, 20, 40));
    EXPECT_THROW((void)list.get(3), std::out_of_range);
    EXPECT_THROW((void)list.get(-4), std::out_of_range);
    EXPECT_THROW(list.set(3, 1), std::out_of_range);
    EXPECT_THROW((void)context().list<long>().pop(), std::out_of_range);
    // Of itself, as it was at first.
    list.extend(list.items());
    EXPECT_EQ(list.size(), 6U);
}

TEST(ConformanceContainers, test_list_iter) {
    auto const list = context().list<std::string>();
    list.extend({"a", "", "c"});
    std::string all;
    for (auto const& item : list.items()) all += item + ".";
    EXPECT_EQ(all, "a..c.");
}

void append_to_the_first(List<List<long>> lists) {
    lists.get(0).append(55);
    auto const made_here = context().list<long>();
    made_here.append(1);
    lists.append(made_here);
}

TEST(ConformanceContainers, test_list_proxy_in_list) {
    auto const lists = context().list<List<long>>();
    for (int i = 0; i < 3; ++i) {
        auto const inner = context().list<long>();
        inner.extend({0, 1, 2});
        lists.append(inner);
    }
    lists.get(0).set(-1, 77);
    lists.get(1).pop();
    EXPECT_THAT(lists.get(0).items(), ElementsAre(0, 1, 77));
    EXPECT_THAT(lists.get(1).items(), ElementsAre(0, 1));
    EXPECT_THAT(lists.get(2).items(), ElementsAre(0, 1, 2));
    auto const outer = context().list<List<List<long>>>();
    outer.append(lists);
    EXPECT_EQ(outer.get(0).get(0).get(2), 77);
    auto child = start_far<append_to_the_first>(lists);
    EXPECT_EQ(code_of(child), 0);
    EXPECT_THAT(outer.get(0).get(0).items(), ElementsAre(0, 1, 77, 55));
    EXPECT_EQ(lists.size(), 4U);
}

TEST(ConformanceContainers, test_dict) {
    auto const dict = context().dict<int, char>();
    std::map<int, char> expected;
    for (int i = 65; i < 70; ++i) {
        dict.set(i, static_cast<char>(i));
        expected[i] = static_cast<char>(i);
    }
    auto const items = dict.items();
    EXPECT_EQ((std::map<int, char>{items.begin(), items.end()}), expected);
    EXPECT_THAT(dict.keys(), UnorderedElementsAre(65, 66, 67, 68, 69));
    EXPECT_EQ(dict.size(), 5U);
    EXPECT_TRUE(dict.contains(65));
    EXPECT_FALSE(dict.contains(70));
    EXPECT_EQ(dict.at(66), 'B');
    EXPECT_EQ(dict.get(70), std::nullopt);
    EXPECT_THROW((void)dict.at(70), std::out_of_range);
    EXPECT_EQ(dict.pop(65), 'A');
    EXPECT_THROW((void)dict.pop(65), std::out_of_range);
    EXPECT_EQ(dict.setdefault(66, 'x'), 'B');
    EXPECT_EQ(dict.setdefault(65, 'y'), 'y');
    EXPECT_TRUE(dict.erase(65));
    EXPECT_FALSE(dict.erase(65));
    dict.clear();
    EXPECT_THAT(dict.items(), IsEmpty());
}

TEST(ConformanceContainers, test_dict_iter) {
    auto const dict = context().dict<int, int>();
    for (int i = 0; i < 10; ++i) dict.set(i, i * i);
    std::set<int> keys;
    for (int const key : dict.keys()) keys.insert(key);
    EXPECT_EQ(keys.size(), 10U);
}

using Counts = Dict<std::string, int>;
void buy_blankets(Dict<std::string, Counts> shop) {
    auto const supplies = shop.at("supplies");
    supplies.set("blankets", 5);
    supplies.set("water", supplies.at("water") + 1);
}

TEST(ConformanceContainers, test_dict_proxy_nested) {
    auto const pets = context().dict<std::string, int>();
    pets.set_many({{"ferrets", 2}, {"hamsters", 4}});
    auto const supplies = context().dict<std::string, int>();
    supplies.set_many({{"water", 10}, {"feed", 3}});
    auto const shop = context().dict<std::string, Counts>();
    shop.set_many({{"pets", pets}, {"supplies", supplies}});
    EXPECT_EQ(shop.at("supplies").at("water"), 10);
    EXPECT_EQ(shop.at("pets").size(), 2U);
    auto child = start_far<buy_blankets>(shop);
    EXPECT_EQ(code_of(child), 0);
    EXPECT_EQ(supplies.at("blankets"), 5);
    EXPECT_EQ(shop.at("supplies").at("water"), 11);
    EXPECT_EQ(shop.erase("pets"), true);
    // The inner one is its holders'.
    EXPECT_EQ(pets.at("ferrets"), 2);
}

TEST(ConformanceContainers, test_nested_queue) {
    auto const list = context().list<Queue<int>>();
    list.append(context().queue<int>());
    list.get(0).put(123);
    auto const dict = context().dict<int, Queue<int>>();
    dict.set(0, context().queue<int>());
    dict.at(0).put(456);
    EXPECT_EQ(list.get(0).get(), 123);
    EXPECT_EQ(dict.at(0).get(), 456);
}

void use_list(List<int> list) {
    if (list.get(0) != 5 || list.size() != 1 || list.pop(0) != 5) rankpool::exit(1);
}
void use_dict(Dict<std::string, int> dict) {
    std::vector<std::pair<std::string, int>> const all{{"foo", 5}};
    if (dict.size() != 1 || dict.at("foo") != 5 || dict.items() != all || dict.pop("foo") != 5) {
        rankpool::exit(1);
    }
}

TEST(ConformanceSyncManagerTypes, test_list) {
    auto const list = context().list<int>();
    list.append(5);
    auto child = start_far<use_list>(list);
    EXPECT_EQ(code_of(child), 0);
    EXPECT_EQ(list.size(), 0U);
}

TEST(ConformanceSyncManagerTypes, test_dict) {
    auto const dict = context().dict<std::string, int>();
    dict.set("foo", 5);
    auto child = start_far<use_dict>(dict);
    EXPECT_EQ(code_of(child), 0);
    EXPECT_EQ(dict.size(), 0U);
}

// Python's values are of any type: so is a variant.
TEST(ConformanceSyncManagerTypes, test_values_of_several_types) {
    using Any = std::variant<long, double, std::string, std::vector<int>>;
    auto const dict = context().dict<std::string, Any>();
    dict.set("x", 1L);
    dict.set("y", 0.5);
    dict.set("z", "text");
    dict.set("v", std::vector<int>{1, 2});
    EXPECT_EQ(dict.at("x"), Any{1L});
    EXPECT_EQ(dict.at("y"), Any{0.5});
    EXPECT_EQ(dict.at("z"), Any{"text"});
    EXPECT_EQ(dict.at("v"), (Any{std::vector<int>{1, 2}}));
}

}  // namespace
}  // namespace rankpool
