// SPDX-License-Identifier: MIT
#include "tests/wire/support.hpp"

#include <gtest/gtest.h>

#include <random>

// Boost drops the object that it was building for a pointer when the bytes end; the sanitizer need not tell.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() {
    return "leak:boost::archive::detail::pointer_iserializer";
}

namespace rankpool::wire::testing {
namespace {

template <class T>
void expect_every_truncation_to_throw(T const& value) {
    Bytes const whole = bytes_of(value);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Bytes const part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_THROW(value_of<T>(part), SerializationError) << size << " bytes of " << whole.size();
        TrickleSource trickle{part, 7};
        EXPECT_THROW(decode<T>(trickle), SerializationError) << size << " bytes of " << whole.size();
    }
}

using Everything =
    std::tuple<std::map<std::string, Particle>, std::unordered_set<int>, std::vector<bool>,
               std::deque<std::string>, std::shared_ptr<Particle>, std::variant<int, Particle>>;

Everything everything() {
    Particle const particle{"name", 1, {1, 2}, 3};
    return {{{"a", particle}, {"b", {}}},         {1, 2, 3}, {true, false}, {"x", "yz"},
            std::make_shared<Particle>(particle), particle};
}

TEST(BoundsTest, every_truncation_throws) {
    expect_every_truncation_to_throw(42.0);
    expect_every_truncation_to_throw(std::string{"hello"});
    expect_every_truncation_to_throw(std::vector<std::pair<int, std::string>>{{1, "a"}, {2, "b"}});
    expect_every_truncation_to_throw(everything());
}

TEST(BoundsTest, damaged_bytes_throw_or_give_a_value_but_do_no_harm) {
    using Damaged = std::tuple<std::map<std::string, Particle>, std::unordered_set<int>, std::vector<bool>,
                               std::deque<std::string>, std::variant<int, Particle>>;
    auto [map, set, flags, texts, pointer, variant] = everything();
    Bytes const whole = bytes_of(Damaged{map, set, flags, texts, variant});
    std::mt19937 engine{1};
    std::uniform_int_distribution<std::size_t> position{0, whole.size() - 1};
    std::uniform_int_distribution<int> byte{0, 255};
    for (int i = 0; i < 20000; ++i) {
        Bytes bytes = whole;
        for (int flips = i % 4; flips >= 0; --flips)
            bytes[position(engine)] = static_cast<std::byte>(byte(engine));
        try {
            value_of<Damaged>(bytes);
        } catch (SerializationError const&) {
        }
    }
}

template <class T>
std::string error_for_count(std::uint64_t count) {
    Bytes bytes = bytes_of(count);
    bytes.resize(100);
    try {
        value_of<T>(bytes);
    } catch (SerializationError const& error) {
        return error.what();
    }
    return "no error";
}

TEST(BoundsTest, a_count_beyond_the_message_asks_for_no_memory) {
    std::uint64_t const huge = std::uint64_t{1} << 62;
    std::string const reason = "only 92 bytes are left of its message";
    EXPECT_NE(error_for_count<std::string>(huge).find(reason), std::string::npos);
    EXPECT_NE(error_for_count<std::vector<double>>(12).find(reason), std::string::npos);
    EXPECT_NE(error_for_count<std::vector<std::string>>(huge).find(reason), std::string::npos);
    EXPECT_NE(error_for_count<std::deque<double>>(huge).find(reason), std::string::npos);
    EXPECT_NE(error_for_count<std::deque<double>>(92 + 65537).find(reason), std::string::npos);
    EXPECT_EQ(error_for_count<std::vector<double>>(11).find(reason), std::string::npos);
}

TEST(BoundsTest, a_stream_rejects_counts_that_nobody_sends) {
    for (std::uint64_t const count : {std::uint64_t{1} << 49, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
        TrickleSource numbers{bytes_of(count), 8};
        EXPECT_THROW(decode<std::vector<double>>(numbers), SerializationError);
        TrickleSource items{bytes_of(count), 8};
        EXPECT_THROW(decode<std::list<Particle>>(items), SerializationError);
    }
}

TEST(BoundsTest, a_bool_is_zero_or_one) {
    EXPECT_THROW(value_of<bool>({std::byte{2}}), SerializationError);
    EXPECT_THROW(value_of<std::optional<int>>(Bytes(5, std::byte{7})), SerializationError);
    EXPECT_THROW((value_of<std::variant<int, char>>(Bytes(5, std::byte{7}))), SerializationError);
}

}  // namespace
}  // namespace rankpool::wire::testing
