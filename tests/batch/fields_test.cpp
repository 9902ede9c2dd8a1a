// SPDX-License-Identifier: MIT
#include "rankpool/batch/columns/fields.hpp"

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
        {"flag", ColumnType::integer}, {"large", ColumnType::any},      {"real", ColumnType::real},
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

TEST(FieldsTest, bytes_of_any_kind_come_back_from_lists) {
    std::vector<std::string> texts{"", "{\"hex\":\"00\"}", "\xf6", std::string("a\0b", 3)};
    for (int byte = 0; byte < 256; ++byte) texts.emplace_back(1, static_cast<char>(byte));
    EXPECT_EQ(there_and_back(texts), texts);
    std::vector<std::vector<std::uint8_t>> const bytes{{}, {0, 127, 255}, {7}};
    EXPECT_EQ(there_and_back(bytes), bytes);
    std::vector<unsigned long long> const large{0, ~0ULL, 1ULL << 63U};
    EXPECT_EQ(there_and_back(large), large);
    EXPECT_EQ(there_and_back(~0ULL), ~0ULL);
    EXPECT_EQ(there_and_back(std::numeric_limits<std::int64_t>::min()),
              std::numeric_limits<std::int64_t>::min());
}

TEST(FieldsTest, what_somebody_has_written_there_is_told) {
    auto const refuses = []<class T>(T const& /*of the type*/, Value const& value) {
        try {
            value_of<T>(std::vector<Value>{value});
        } catch (rankpool::SerializationError const&) {
            return true;
        }
        return false;
    };
    EXPECT_TRUE(refuses(std::vector<int>{}, Value{std::string(5'000'000, '[')}));
    EXPECT_TRUE(
        refuses(std::vector<int>{}, Value{std::string(5'000'000, '[') + std::string(5'000'000, ']')}));
    EXPECT_TRUE(refuses(std::vector<std::string>{}, Value{R"([{"hex":"0"}])"}));
    EXPECT_TRUE(refuses(std::vector<std::string>{}, Value{R"([{"hex":"zz"}])"}));
    EXPECT_TRUE(refuses(std::vector<std::string>{}, Value{R"([[1]])"}));
    EXPECT_TRUE(refuses(std::vector<double>{}, Value{R"(["x"])"}));
    EXPECT_TRUE(refuses(std::pair<int, int>{}, Value{"[1]"}));
    EXPECT_TRUE(refuses(std::vector<std::vector<std::uint8_t>>{}, Value{"[[1, 256]]"}));
    EXPECT_TRUE(refuses(std::int8_t{}, Value{std::int64_t{128}}));
    EXPECT_TRUE(refuses(std::uint32_t{}, Value{std::int64_t{-1}}));
    EXPECT_TRUE(refuses(std::uint64_t{}, Value{std::int64_t{-1}}));
    EXPECT_TRUE(refuses(std::uint64_t{}, Value{"x"}));
    EXPECT_TRUE(refuses(std::uint64_t{}, Value{"99999999999999999999"}));
    EXPECT_TRUE(refuses(std::chrono::nanoseconds{}, Value{1e300}));
    EXPECT_TRUE(refuses(std::chrono::nanoseconds{}, Value{std::nan("")}));
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
