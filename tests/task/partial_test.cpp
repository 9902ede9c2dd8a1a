// SPDX-License-Identifier: MIT
#include "rankpool/task/partial.hpp"

#include "rankpool/task/task.hpp"
#include "rankpool/wire/buffer_sink.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace rankpool::task {
namespace {

double scale(double k, double x) {
    return k * x;
}
std::size_t count(std::string const& text, char letter) noexcept {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), letter));
}
int nothing_left(int a, int b) {
    return a - b;
}

struct Power {
    int exponent = 1;
    double operator()(double base, double x) const { return exponent == 2 ? base * base * x : base * x; }

    template <class Archive>
    void serialize(Archive& archive, unsigned int /*version*/) {
        archive& exponent;
    }
};

template <class Callable>
Callable travelled(Callable const& callable) {
    wire::BufferSink sink;
    encode_callable(sink, callable);
    wire::Source source{sink.bytes()};
    return decode_callable<Callable>(source);
}

TEST(PartialTest, binds_the_first_arguments_and_converts_them_at_once) {
    auto const twice = partial<scale>(2);
    static_assert(std::is_same_v<decltype(twice), Partial<Function<scale>, double> const>);
    EXPECT_EQ(twice(21), 42);
    EXPECT_EQ(partial<count>("banana")('a'), 3U);
    EXPECT_EQ((partial<nothing_left>(5, 3)()), 2);
    EXPECT_EQ(partial<nothing_left>()(5, 3), 2);
}

TEST(PartialTest, takes_lambdas_and_function_objects) {
    EXPECT_EQ(partial([](int a, int b) { return a - b; }, 5)(3), 2);
    EXPECT_EQ(partial([](auto a, auto b) { return a - b; }, 5)(3.5), 1.5);
    EXPECT_EQ(partial(Power{2}, 3)(2), 18);
}

TEST(PartialTest, travels_with_all_it_holds) {
    EXPECT_EQ(travelled(partial<scale>(2.5))(2), 5);
    EXPECT_EQ(travelled(partial<count>("banana"))('n'), 2U);
    EXPECT_EQ(travelled(partial(Power{2}, 3))(2), 18);
    EXPECT_EQ(travelled(partial(partial<scale>(3), 4))(), 12);
}

TEST(PartialTest, what_is_left_are_the_parameters) {
    static_assert(std::is_same_v<parameters_t<decltype(partial<scale>(2)), int>, std::tuple<double>>);
    static_assert(std::is_same_v<parameters_t<decltype(partial<count>("")), char>, std::tuple<char>>);
    static_assert(std::is_same_v<parameters_t<decltype(partial<nothing_left>(1, 2))>, std::tuple<>>);
    using Generic = decltype(partial([](auto a, auto b) { return a - b; }, 5));
    static_assert(std::is_same_v<parameters_t<Generic, float const&>, std::tuple<float>>);
}

}  // namespace
}  // namespace rankpool::task
