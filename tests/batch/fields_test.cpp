// SPDX-License-Identifier: MIT
#include "rankpool/batch/fields.hpp"

#include <boost/serialization/nvp.hpp>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

namespace {

using namespace rankpool::batch;
using testing::ElementsAre;

enum class Colour { red = 3, blue = 7 };

struct Inner {
    int a = 0;
    std::string b;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(a) & BOOST_SERIALIZATION_NVP(b);
    }
    friend bool operator==(Inner const&, Inner const&) = default;
};

struct Outer {
    bool flag = false;
    std::uint64_t large = 0;
    double real = 0;
    std::optional<double> maybe;
    Colour colour = Colour::red;
    std::chrono::milliseconds pause{0};
    std::filesystem::path file;
    std::vector<std::byte> bytes;
    Inner inner;
    std::vector<Inner> list;
    std::map<std::string, std::vector<double>> table;
    std::pair<int, std::set<int>> both;

    template <class Archive>
    void serialize(Archive& archive, unsigned /*version*/) {
        archive& BOOST_SERIALIZATION_NVP(flag) & BOOST_SERIALIZATION_NVP(large) &
            BOOST_SERIALIZATION_NVP(real) & BOOST_SERIALIZATION_NVP(maybe) & BOOST_SERIALIZATION_NVP(colour) &
            BOOST_SERIALIZATION_NVP(pause) & BOOST_SERIALIZATION_NVP(file) & BOOST_SERIALIZATION_NVP(bytes) &
            BOOST_SERIALIZATION_NVP(inner);
        archive& BOOST_SERIALIZATION_NVP(list) & BOOST_SERIALIZATION_NVP(table) & both;
    }
    friend bool operator==(Outer const&, Outer const&) = default;
};

template <class T>
std::vector<Value> values_of(T const& value) {
    std::vector<Value> values;
    append_values(value, values);
    return values;
}
template <class T>
T there_and_back(T const& value) {
    return value_of<T>(values_of(value));
}

TEST(FieldsTest, each_scalar_has_a_column_and_each_container_a_text) {
    std::vector<Column> const expected{
        {"flag", ColumnType::integer}, {"large", ColumnType::integer},  {"real", ColumnType::real},
        {"maybe", ColumnType::real},   {"colour", ColumnType::integer}, {"pause", ColumnType::real},
        {"file", ColumnType::text},    {"bytes", ColumnType::blob},     {"inner_a", ColumnType::integer},
        {"inner_b", ColumnType::text}, {"list", ColumnType::text},      {"table", ColumnType::text},
        {"field12", ColumnType::text},
    };
    EXPECT_EQ(columns_of<Outer>("outer"), expected);
    EXPECT_THAT(columns_of<int>("number"), ElementsAre(Column{"number", ColumnType::integer}));
    EXPECT_THAT(columns_of<std::vector<double>>("series"), ElementsAre(Column{"series", ColumnType::text}));
}

TEST(FieldsTest, everything_comes_back) {
    EXPECT_EQ(there_and_back(Outer{}), Outer{});
    Outer value;
    value.flag = true;
    value.large = std::numeric_limits<std::uint64_t>::max();
    value.real = -0.1;
    value.maybe = 1e-300;
    value.colour = Colour::blue;
    value.pause = std::chrono::milliseconds{1234};
    value.file = "/a/b c";
    value.bytes = {std::byte{0}, std::byte{255}};
    value.list = {{1, "x"}, {2, ""}};
    value.table = {{"k", {0.1, 1e308, -std::numeric_limits<double>::infinity()}}, {"", {}}};
    value.both = {3, {5, 4}};
    value.inner = {-5, "a \"b\"\n\xc3\xa4"};
    EXPECT_EQ(there_and_back(value), value);
    EXPECT_EQ(there_and_back(std::vector<std::uint8_t>{1, 2}), (std::vector<std::uint8_t>{1, 2}));
    EXPECT_EQ(there_and_back(std::string{"text"}), "text");
    EXPECT_EQ(there_and_back(std::int8_t{-3}), -3);
}

TEST(FieldsTest, containers_are_readable_as_json) {
    Outer value;
    value.list = {{1, "x"}};
    value.table = {{"k", {0.5}}};
    value.both = {3, {4}};
    auto const values = values_of(value);
    EXPECT_EQ(std::get<std::string>(values[10]), R"([{"a":1,"b":"x"}])");
    EXPECT_EQ(std::get<std::string>(values[11]), R"([["k",[0.5]]])");
    EXPECT_EQ(std::get<std::string>(values[12]), "[3,[4]]");
}

TEST(FieldsTest, not_a_number_comes_back_as_such) {
    EXPECT_TRUE(std::isnan(there_and_back(std::vector<double>{std::nan("")})[0]));
    // SQLite stores it as null.
    EXPECT_TRUE(std::isnan(value_of<double>(std::vector<Value>{Value{}})));
}

TEST(FieldsTest, what_does_not_fit_is_told) {
    EXPECT_THROW(value_of<int>(std::vector<Value>{std::string{"x"}}), rankpool::SerializationError);
    EXPECT_THROW(value_of<Inner>(std::vector<Value>{std::int64_t{1}}), rankpool::SerializationError);
    EXPECT_THROW(value_of<std::vector<int>>(std::vector<Value>{std::string{"[1"}}),
                 rankpool::SerializationError);
    EXPECT_THROW(value_of<std::vector<Inner>>(std::vector<Value>{std::string{"[{}]"}}),
                 rankpool::SerializationError);
}

}  // namespace
