// SPDX-License-Identifier: MIT
#include "rankpool/wire/codec.hpp"

#include "rankpool/wire/counting_sink.hpp"

#include "tests/wire/support.hpp"

#include <boost/serialization/split_free.hpp>
#include <gtest/gtest.h>

#include <random>

namespace rankpool::wire::testing {

struct Outside {
    int x = 0;
    bool operator==(Outside const&) const = default;
};
struct OutsideSplit {
    int x = 0;
    bool operator==(OutsideSplit const&) const = default;
};
struct Pixel {
    unsigned char r = 0, g = 0, b = 0;
    bool operator==(Pixel const&) const = default;
};
enum class Large : std::uint64_t { value = 0x123456789abcdef0 };

}  // namespace rankpool::wire::testing

namespace boost::serialization {
using rankpool::wire::testing::Outside;
using rankpool::wire::testing::OutsideSplit;

template <class Archive>
void serialize(Archive& archive, Outside& value, unsigned int /*version*/) {
    archive& value.x;
}
template <class Archive>
void save(Archive& archive, OutsideSplit const& value, unsigned int /*version*/) {
    archive << value.x;
}
template <class Archive>
void load(Archive& archive, OutsideSplit& value, unsigned int /*version*/) {
    archive >> value.x;
}
}  // namespace boost::serialization
BOOST_SERIALIZATION_SPLIT_FREE(rankpool::wire::testing::OutsideSplit)
BOOST_IS_BITWISE_SERIALIZABLE(rankpool::wire::testing::Pixel)

namespace rankpool::wire::testing {
namespace {

template <class T>
void expect_round_trip(T const& value) {
    EXPECT_EQ(round_trip(value), value) << typeid(T).name();
    TrickleSource trickle{bytes_of(value), 3};
    EXPECT_EQ(decode<T>(trickle), value) << typeid(T).name();
    CountingSink count;
    encode(count, value);
    EXPECT_EQ(count.count(), bytes_of(value).size());
}

TEST(CodecTest, numbers_and_enums_come_back) {
    expect_round_trip(-7);
    expect_round_trip(1e300);
    expect_round_trip(true);
    expect_round_trip(std::byte{200});
    expect_round_trip(Large::value);
    expect_round_trip(std::complex<float>{1, -2});
}

TEST(CodecTest, standard_types_come_back) {
    using namespace std::chrono_literals;
    expect_round_trip(std::string("with\0zero", 9));
    expect_round_trip(std::u32string(U"\u00e9t\u00e9"));
    expect_round_trip(std::vector<bool>{true, false, true});
    expect_round_trip(std::vector<std::vector<int>>{{1, 2}, {}, {3}});
    expect_round_trip(std::array<bool, 2>{true, false});
    expect_round_trip(std::deque<std::string>{"a", "b"});
    expect_round_trip(std::list<int>{1, 2});
    expect_round_trip(std::forward_list<int>{1, 2});
    expect_round_trip(std::set<int>{3, 1});
    expect_round_trip(std::multimap<std::string, int>{{"a", 1}, {"a", 2}});
    expect_round_trip(std::bitset<70>{5});
    expect_round_trip(std::tuple<int, std::string, std::tuple<>>{1, "x", {}});
    expect_round_trip(std::optional<std::optional<int>>{std::optional<int>{}});
    expect_round_trip(std::variant<std::monostate, int, std::string>{"x"});
    expect_round_trip(std::variant<int, int>{std::in_place_index<1>, 4});
    expect_round_trip(90s);
    expect_round_trip(std::chrono::system_clock::now());
    expect_round_trip(std::filesystem::path{"/a b/c"});
    expect_round_trip(std::monostate{});
    std::valarray<double> const values{1, 2, 3};
    EXPECT_EQ(round_trip(values).sum(), values.sum());
}

TEST(CodecTest, an_unordered_map_with_many_buckets_and_few_items_comes_back) {
    std::unordered_map<std::string, int> roomy{{"a", 1}};
    roomy.reserve(1'000'000);
    expect_round_trip(roomy);
    expect_round_trip(std::unordered_set<int>{1, 2, 3});
    expect_round_trip(std::unordered_multimap<int, Particle>{{1, {}}, {1, {}}});
}

TEST(CodecTest, the_users_types_come_back_alone_and_in_containers) {
    Particle const particle{"p", 1.5, {1, 2, 3}, -1};
    expect_round_trip(particle);
    expect_round_trip(Outside{3});
    expect_round_trip(OutsideSplit{4});
    expect_round_trip(std::vector<Pixel>{{1, 2, 3}, {4, 5, 6}});
    expect_round_trip(std::vector<Particle>{particle, {}, particle});
    expect_round_trip(std::map<std::string, std::optional<Particle>>{{"a", particle}, {"b", {}}});
    expect_round_trip(std::tuple<Particle, Outside>{particle, {5}});
    expect_round_trip(std::variant<int, Particle>{particle});
    expect_round_trip(std::vector<std::variant<OutsideSplit, std::vector<Particle>>>{
        OutsideSplit{1}, std::vector<Particle>{particle}});
}

TEST(CodecTest, contiguous_numbers_are_one_write) {
    struct Writes : Sink {
        void overflow(void const* /*data*/, std::size_t size) override { sizes.push_back(size); }
        std::vector<std::size_t> sizes;
    } sink;
    encode(sink, std::vector<double>(1000));
    encode(sink, Particle{"", 0, std::vector<double>(2000), {}});
    EXPECT_EQ(std::count(sink.sizes.begin(), sink.sizes.end(), 8000U), 1);
    EXPECT_EQ(std::count(sink.sizes.begin(), sink.sizes.end(), 16000U), 1);
    EXPECT_LT(sink.sizes.size(), 20U);
}

using Nested = std::vector<std::map<std::string, std::variant<double, Particle, std::vector<std::string>>>>;

class RandomValues {
  public:
    explicit RandomValues(unsigned seed) : engine_(seed) {}

    Nested nested() {
        Nested result(below(4));
        for (auto& items : result) {
            for (std::size_t n = below(5); n > 0; --n) items[text()] = item();
        }
        return result;
    }

  private:
    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(engine_); }
    std::string text() { return std::string(below(40), static_cast<char>('a' + below(26))); }
    std::variant<double, Particle, std::vector<std::string>> item() {
        if (below(3) == 0) return static_cast<double>(below(100));
        if (below(2) == 0) return std::vector<std::string>{text(), text()};
        return Particle{text(), 0.5, std::vector<double>(below(100000)),
                        below(2) == 0 ? std::optional{1} : std::nullopt};
    }

    std::mt19937 engine_;
};

TEST(CodecTest, random_nested_values_come_back) {
    for (unsigned seed = 0; seed < 100; ++seed) {
        Nested const value = RandomValues{seed}.nested();
        EXPECT_EQ(round_trip(value), value) << "seed " << seed;
        TrickleSource trickle{bytes_of(value), 1 + seed * 100};
        EXPECT_EQ(decode<Nested>(trickle), value) << "seed " << seed;
    }
}

}  // namespace
}  // namespace rankpool::wire::testing
