// SPDX-License-Identifier: MIT
#include "tests/wire/support.hpp"

#include <boost/serialization/unique_ptr.hpp>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <thread>
#include <utility>

// Boost drops the object that it was building for a pointer when the bytes end; the sanitizer need not tell.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() {
    return "leak:boost::archive::detail::pointer_iserializer\nleak:boost/archive/detail/iserializer.hpp";
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
    EXPECT_NE(error_for_count<std::deque<double>>(92 + (1U << 20U) + 1).find(reason), std::string::npos);
    EXPECT_EQ(error_for_count<std::vector<double>>(11).find(reason), std::string::npos);
}

/// Takes no bytes.
struct Tick {
    template <class Archive>
    void serialize(Archive& /*archive*/, unsigned int /*version*/) {}
};

template <class Container>
void expect_size_to_come_back(std::size_t size) {
    EXPECT_EQ(value_of<Container>(bytes_of(Container(size))).size(), size);
    TrickleSource trickle{bytes_of(Container(size)), 7};
    EXPECT_EQ(decode<Container>(trickle).size(), size);
}

TEST(BoundsTest, items_without_bytes_are_many_but_not_endless) {
    for (std::size_t const size : {0U, 1U, 65'536U, 65'537U, 1'000'000U}) {
        expect_size_to_come_back<std::vector<std::monostate>>(size);
        expect_size_to_come_back<std::vector<std::tuple<>>>(size);
        expect_size_to_come_back<std::vector<Tick>>(size);
        expect_size_to_come_back<std::deque<Tick>>(size);
    }
    EXPECT_NE(error_for_count<std::vector<Tick>>(1U << 24U), "no error");
    // Nor by many containers that have a moderate number each.
    std::vector<std::vector<std::monostate>> const many(100, std::vector<std::monostate>(100'000));
    EXPECT_THROW(value_of<std::vector<std::vector<std::monostate>>>(bytes_of(many)), SerializationError);
}

/// A list that owns itself node by node, and lets go of itself without recursion.
struct Node {
    long value = 0;
    std::unique_ptr<Node> next{};

    Node() = default;
    Node(Node&&) = default;
    Node& operator=(Node&&) = default;
    ~Node() {
        while (next) next = std::exchange(next->next, nullptr);
    }
    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& value& next;
    }
};

struct Tree {
    std::vector<Tree> children;

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& children;
    }
};

Node list_of(long length) {
    Node head;
    for (long i = 0; i < length; ++i) {
        auto node = std::make_unique<Node>();
        node->value = i;
        node->next = std::move(head.next);
        head.next = std::move(node);
    }
    return head;
}

std::string error_of(std::function<void()> const& call) {
    try {
        call();
    } catch (SerializationError const& error) {
        return error.what();
    }
    return "no error";
}

void expect_deep_lists_to_be_refused() {
    Node const deep = list_of(1'000'000);
    EXPECT_NE(error_of([&] { bytes_of(deep); }).find("nested too deeply"), std::string::npos);
    // The longest that can be written by halves; whether it can be read or not, there is no crash.
    long good = 0;
    for (long bad = 1'000'000; bad - good > 1;) {
        long const middle = (good + bad) / 2;
        (error_of([&] { bytes_of(list_of(middle)); }) == "no error" ? good : bad) = middle;
    }
    EXPECT_GT(good, 50);
    Bytes const bytes = bytes_of(list_of(good));
    auto const error = error_of([&] { value_of<Node>(bytes); });
    EXPECT_TRUE(error == "no error" || error.find("nested too deeply") != std::string::npos) << error;
    EXPECT_EQ(value_of<Node>(bytes_of(list_of(50))).next->value, 49);
}

TEST(BoundsTest, a_value_that_is_nested_too_deeply_is_refused) {
    expect_deep_lists_to_be_refused();
    Tree root;
    for (int depth = 0; depth < 200'000; ++depth) {
        Tree above;
        above.children.push_back(std::move(root));
        root = std::move(above);
    }
    EXPECT_NE(error_of([&] { bytes_of(root); }).find("nested too deeply"), std::string::npos);
    while (!root.children.empty()) root = Tree{std::move(root.children.front())};
}

TEST(BoundsTest, a_threads_stack_is_its_own) {
    std::thread thread{expect_deep_lists_to_be_refused};
    thread.join();
}

TEST(BoundsTest, a_stream_rejects_counts_that_nobody_sends) {
    for (std::uint64_t const count : {std::uint64_t{1} << 49, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
        TrickleSource numbers{bytes_of(count), 8};
        EXPECT_THROW(decode<std::vector<double>>(numbers), SerializationError);
        TrickleSource items{bytes_of(count), 8};
        EXPECT_THROW(decode<std::list<Particle>>(items), SerializationError);
    }
}

TEST(BoundsTest, a_vector_that_breaks_off_is_empty) {
    std::vector<double> const whole(1000, 1.5);
    Bytes bytes = bytes_of(whole);
    TrickleSource trickle{bytes, 7};
    EXPECT_EQ(decode<std::vector<double>>(trickle), whole);
    bytes.resize(bytes.size() / 2);
    TrickleSource half{bytes, 7};
    std::vector<double> value{1, 2, 3};
    EXPECT_THROW(decode_into(half, value), SerializationError);
    EXPECT_TRUE(value.empty());
}

TEST(BoundsTest, a_bool_is_zero_or_one) {
    EXPECT_THROW(value_of<bool>({std::byte{2}}), SerializationError);
    EXPECT_THROW(value_of<std::optional<int>>(Bytes(5, std::byte{7})), SerializationError);
    EXPECT_THROW((value_of<std::variant<int, char>>(Bytes(5, std::byte{7}))), SerializationError);
}

}  // namespace
}  // namespace rankpool::wire::testing
