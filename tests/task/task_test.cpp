// SPDX-License-Identifier: MIT
#include "rankpool/task/task.hpp"

#include "tests/task/support.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace rankpool::task::testing {
namespace {

double square(double x) {
    return x * x;
}
std::string join(std::string const& a, char const b, std::string&& c) noexcept {
    return a + b + c;
}
void check(int x) {
    if (x < 0) throw std::domain_error("negative");
    if (x == 0) throw SerializationError("thrown by the user's own code");
}
std::vector<double> zeros(std::size_t n) {
    return std::vector<double>(n);
}
std::unique_ptr<std::vector<int>> same(std::unique_ptr<std::vector<int>> values) {
    return values;
}
int answer() {
    return 42;
}

struct Model {
    static int twice(int x) { return 2 * x; }
};

struct Counter {
    static inline int alive = 0;
    Counter() { ++alive; }
    Counter(Counter const&) { ++alive; }
    Counter& operator=(Counter const&) = default;
    ~Counter() { --alive; }

    template <class Archive>
    void serialize(Archive& /*archive*/, unsigned int /*version*/) {}
};
Counter pass(Counter const& counter) {
    return counter;
}

TEST(TaskTest, calls_functions_lambdas_and_partials) {
    EXPECT_EQ((Worker<Function<square>, double>{}(3)), 9);
    EXPECT_EQ((Worker<Function<Model::twice>, int>{}(3)), 6);
    EXPECT_EQ((Worker<Function<answer>>{}()), 42);
    auto const half = [](double x) { return x / 2; };
    EXPECT_EQ((Worker<std::remove_const_t<decltype(half)>, double>{}(3)), 1.5);
    auto const doubled = [](auto x) { return x + x; };
    EXPECT_EQ((Worker<std::remove_const_t<decltype(doubled)>, std::string>{}("ab")), "abab");
    auto const bound = partial<join>("a", '-');
    EXPECT_EQ((Worker<std::remove_const_t<decltype(partial<square>())>, int>{}(3)), 9);
    EXPECT_EQ((Worker<Function<[](int x) { return x + 1; }>, int>{}(3)), 4);
    EXPECT_EQ((Worker<Function<same>, std::unique_ptr<std::vector<int>>>{}(nullptr)), nullptr);
    static_assert(std::is_same_v<parameters_t<std::remove_const_t<decltype(bound)>, char const*>,
                                 std::tuple<std::string>>);
}

TEST(TaskTest, arguments_convert_before_they_are_sent) {
    using FromInt = Task<Function<square>, int>;
    wire::BufferSink sent;
    FromInt::encode_arguments(sent, 3);
    EXPECT_EQ(sent.size(), sizeof(double));
    EXPECT_EQ((Worker<Function<square>, int>{}(3)), 9);
    EXPECT_EQ((Worker<Function<join>, char const*, char, char const*>{}("a", '-', "c")), "a-c");
    static_assert(std::is_same_v<FromInt::Result, double>);
    static_assert(std::is_same_v<Task<Function<check>, int>::Result, std::monostate>);
}

TEST(TaskTest, tells_where_it_failed) {
    Worker<Function<check>, int> worker;
    worker(1);
    EXPECT_EQ(worker.program->phase(), Program::Phase::result);
    EXPECT_THROW(worker(-1), std::domain_error);
    EXPECT_EQ(worker.program->phase(), Program::Phase::function);
    EXPECT_THROW(worker(0), SerializationError);
    EXPECT_EQ(worker.program->phase(), Program::Phase::function);

    wire::BufferSink result;
    wire::Source nothing{{}};
    EXPECT_THROW(worker.program->run(nothing, result), SerializationError);
    EXPECT_EQ(worker.program->phase(), Program::Phase::arguments);
}

TEST(TaskTest, a_result_that_did_not_fit_can_be_encoded_again) {
    using Zeros = Task<Function<zeros>, std::size_t>;
    Worker<Function<zeros>, std::size_t> worker;
    wire::BufferSink sent;
    Zeros::encode_arguments(sent, std::size_t{100});
    wire::Source source{sent.bytes()};
    wire::BufferSink small{100};
    EXPECT_THROW(worker.program->run(source, small), wire::LimitReached);
    EXPECT_EQ(worker.program->phase(), Program::Phase::result);
    wire::BufferSink large;
    worker.program->encode_result(large);
    wire::Source received{large.bytes()};
    EXPECT_EQ(wire::decode<Zeros::Result>(received).size(), 100U);
}

TEST(TaskTest, forget_frees_arguments_and_results) {
    {
        Worker<Function<pass>, Counter> worker;
        worker(Counter{});
        EXPECT_EQ(Counter::alive, 1);
        worker.program->forget();
        EXPECT_EQ(Counter::alive, 0);
    }
    EXPECT_EQ(Counter::alive, 0);
}

}  // namespace
}  // namespace rankpool::task::testing
