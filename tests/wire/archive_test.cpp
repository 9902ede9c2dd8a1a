// SPDX-License-Identifier: MIT
#include "tests/wire/support.hpp"

#include <boost/serialization/base_object.hpp>
#include <boost/serialization/export.hpp>
#include <gtest/gtest.h>

// Boost drops the object that it was building for a pointer when the bytes end; the sanitizer need not tell.
extern "C" char const* __lsan_default_suppressions();
extern "C" char const* __lsan_default_suppressions() {
    return "leak:boost::archive::detail::pointer_iserializer";
}

namespace rankpool::wire::testing {

struct Shape {
    Shape() = default;
    Shape(Shape const&) = delete;
    Shape& operator=(Shape const&) = delete;
    virtual ~Shape() = default;
    [[nodiscard]] virtual double area() const = 0;

    template <class Archive>
    void serialize(Archive& /*archive*/, unsigned int /*version*/) {}
};

struct Square : Shape {
    double side = 0;
    [[nodiscard]] double area() const override { return side * side; }

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& boost::serialization::base_object<Shape>(*this);
        archive& side;
    }
};

struct Link {
    int number = 0;
    std::shared_ptr<Link> next;

    template <class Archive>
    void serialize(Archive& archive, unsigned int version) {
        archive& number& next;
        seen_version = version;
    }
    unsigned int seen_version = 0;
};

struct Unexported : Shape {
    [[nodiscard]] double area() const override { return 0; }
};

}  // namespace rankpool::wire::testing

BOOST_CLASS_EXPORT(rankpool::wire::testing::Square)
BOOST_CLASS_VERSION(rankpool::wire::testing::Link, 200)

namespace rankpool::wire::testing {
namespace {

std::shared_ptr<Shape> square(double side) {
    auto result = std::make_shared<Square>();
    result->side = side;
    return result;
}

TEST(ArchiveTest, a_pointer_to_a_base_brings_the_derived_object) {
    std::vector<std::shared_ptr<Shape>> const shapes{square(2), nullptr, square(3)};
    auto const copy = round_trip(shapes);
    ASSERT_EQ(copy.size(), 3U);
    EXPECT_EQ(copy[0]->area(), 4);
    EXPECT_EQ(copy[1], nullptr);
    EXPECT_EQ(copy[2]->area(), 9);

    BufferSink sink;
    encode(sink, std::unique_ptr<Shape>{new Square});
    Source source{sink.bytes()};
    EXPECT_EQ(decode<std::unique_ptr<Shape>>(source)->area(), 0);
}

TEST(ArchiveTest, an_unexported_class_is_an_error_with_its_reason) {
    std::shared_ptr<Shape> const shape = std::make_shared<Unexported>();
    EXPECT_THROW(bytes_of(shape), SerializationError);
}

TEST(ArchiveTest, sharing_within_a_value_is_kept) {
    auto const shape = square(2);
    auto const copy = round_trip(std::pair{shape, shape});
    EXPECT_EQ(copy.first, copy.second);
    EXPECT_EQ(copy.first.use_count(), 2);

    auto ring = std::make_shared<Link>();
    ring->next = ring;
    auto const ring_copy = round_trip(ring);
    EXPECT_EQ(ring_copy->next, ring_copy);
    ring->next.reset();
    ring_copy->next.reset();
}

TEST(ArchiveTest, values_at_one_address_are_not_taken_for_one) {
    auto const shape = std::make_shared<Square>();
    BufferSink sink;
    for (double side = 1; side <= 3; ++side) {
        shape->side = side;
        encode(sink, std::shared_ptr<Shape>{shape});
    }
    Source source{sink.bytes()};
    for (double side = 1; side <= 3; ++side) {
        EXPECT_EQ(decode<std::shared_ptr<Shape>>(source)->area(), side * side);
    }
}

TEST(ArchiveTest, class_versions_up_to_the_highest_travel) {
    EXPECT_EQ(round_trip(Link{}).seen_version, 200U);
    EXPECT_EQ(round_trip(std::vector<Link>(2)).back().seen_version, 200U);
}

TEST(ArchiveTest, every_truncation_of_a_pointer_throws) {
    Bytes const whole = bytes_of(std::vector{square(2), square(3)});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Bytes const part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_THROW(value_of<std::vector<std::shared_ptr<Shape>>>(part), SerializationError) << size;
    }
}

}  // namespace
}  // namespace rankpool::wire::testing
