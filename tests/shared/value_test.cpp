// SPDX-License-Identifier: MIT
#include "tests/sync/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <mutex>

namespace rankpool {
namespace {

using namespace support;

struct Point {
    double x = 0;
    double y = 0;
};

TEST(ValueTest, get_and_set) {
    auto const number = context().value<int>(5);
    EXPECT_EQ(number.get(), 5);
    number.set(-7);
    EXPECT_EQ(number.get(), -7);
    auto const point = context().raw_value<Point>({1, 2});
    EXPECT_EQ(point.get().y, 2);
    EXPECT_EQ(context().value<double>().get(), 0);
    EXPECT_TRUE(context().value<bool>(true).get());
}

template <class T>
class AtomicTest : public testing::Test {};
using NumberTypes =
    testing::Types<std::int8_t, std::uint8_t, short, int, unsigned, long, unsigned long, float, double>;
TYPED_TEST_SUITE(AtomicTest, NumberTypes);

TYPED_TEST(AtomicTest, is_as_std_atomic) {
    using T = TypeParam;
    auto const value = context().raw_value<T>(T{40});
    EXPECT_EQ(value.fetch_add(T{2}), T{40});
    EXPECT_EQ(value.fetch_sub(T{1}), T{42});
    EXPECT_EQ(value.exchange(T{7}), T{41});
    T expected{6};
    EXPECT_FALSE(value.compare_exchange(expected, T{9}));
    EXPECT_EQ(expected, T{7});
    EXPECT_TRUE(value.compare_exchange(expected, T{9}));
    EXPECT_EQ(value.get(), T{9});
    if constexpr (std::is_integral_v<T>) {
        value.set(std::numeric_limits<T>::max());
        value.fetch_add(T{1});
        EXPECT_EQ(value.get(), std::numeric_limits<T>::min());
        value.fetch_sub(T{1});
        EXPECT_EQ(value.get(), std::numeric_limits<T>::max());
    }
}

void add_often(Value<long> atomic, Value<long> locked, int times) {
    for (int i = 0; i < times; ++i) {
        atomic.fetch_add(1);
        auto lock = locked.get_lock();
        std::lock_guard const guard{lock};
        locked.set(locked.get() + 1);
    }
}

TEST(ValueTest, many_add_to_it) {
    auto const atomic = context().value<long>();
    auto const locked = context().value<long>();
    std::vector<Process> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(context().process<add_often>({.rank = i % context().size()}, atomic, locked, 50));
        all.back().start();
    }
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
    EXPECT_EQ(atomic.get(), 200);
    EXPECT_EQ(locked.get(), 200);
}

Array<int> fill(Array<int> array, int with) {
    for (std::size_t i = 0; i < array.size(); ++i) array.set(i, with);
    return array;
}

void count_in_all_ways(RawValue<int> whole, RawValue<double> halves, RawArray<short> pair, int times) {
    for (int i = 0; i < times; ++i) {
        whole.fetch_add(3);
        halves.fetch_add(0.5);
        for (int seen = whole.get(); !whole.compare_exchange(seen, seen - 2);) {
        }
        if (i % 2 == 0) pair.set(1, pair.get(1));
    }
}

TEST(ValueTest, words_and_messages_are_one_value) {
    auto const whole = context().raw_value<int>(0);
    auto const halves = context().raw_value<double>(0);
    auto const pair = context().raw_array<short>(2);
    pair.write(0, std::array<short, 2>{7, 8});
    constexpr int times = 2000;
    auto group = context().processes<count_in_all_ways>(4, whole, halves, pair, times);
    // New processes ask the home for their first operation.
    for (int i = 0; i < 20; ++i) {
        auto one = context().process<count_in_all_ways>(whole, halves, pair, 1);
        one.start();
        one.join();
    }
    group.start();
    group.join();
    EXPECT_EQ(whole.get(), 4 * times + 20);
    EXPECT_EQ(halves.get(), (4 * times + 20) / 2.0);
    EXPECT_EQ(pair.read(0, 2), (std::vector<short>{7, 8}));
}

TEST(ArrayTest, elements_and_ranges) {
    EXPECT_EQ(context().array<int>(3).read(0, 3), (std::vector<int>{0, 0, 0}));
    auto const array = context().array<int>({1, 2, 3});
    EXPECT_EQ(array.size(), 3U);
    EXPECT_EQ(array.get(2), 3);
    array.set(0, 9);
    EXPECT_EQ(array.read(0, 2), (std::vector<int>{9, 2}));
    array.write(1, std::vector<int>{7, 8});
    EXPECT_EQ(array.read(1, 2), (std::vector<int>{7, 8}));
    EXPECT_TRUE(array.read(3, 0).empty());
    EXPECT_EQ(context().array<int>(0).size(), 0U);
    EXPECT_EQ(context().raw_array<int>({5}).get(0), 5);
    EXPECT_EQ(context().array<bool>({true, false}).read(0, 2), (std::vector<bool>{true, false}));
    for (std::size_t const wrong : {std::size_t{3}, std::size_t{4}, ~std::size_t{0}}) {
        EXPECT_THROW((void)array.get(wrong), std::out_of_range);
        EXPECT_THROW(array.set(wrong, 1), std::out_of_range);
        EXPECT_THROW((void)array.read(wrong, 1), std::out_of_range);
        EXPECT_THROW((void)array.read(1, wrong), std::out_of_range);
    }
    EXPECT_THROW(array.write(2, std::vector<int>{1, 2}), std::out_of_range);
    EXPECT_ANY_THROW((void)context().array<int>(~std::size_t{0}));
    EXPECT_THROW((void)context().array<char>(std::size_t{1} << 60U), Error);
}

TEST(ArrayTest, travels_and_is_the_same) {
    auto pool = context().pool();
    auto const array = context().array<int>(100);
    auto const same = pool.apply<fill>(array, 4);
    EXPECT_EQ(array.read(0, 100), std::vector<int>(100, 4));
    same.set(5, 1);
    EXPECT_EQ(array.get(5), 1);
    same.get_lock().acquire();
    EXPECT_TRUE(array.get_lock().locked());
}

void count_under_lock(Array<long> array, int times) {
    for (int i = 0; i < times; ++i) {
        std::lock_guard const guard{array.get_lock()};
        for (std::size_t k = 0; k < array.size(); ++k) array.set(k, array.get(k) + 1);
    }
}

TEST(ArrayTest, memory_and_messages_are_one_array) {
    for (std::size_t const size : {3U, 20'000U}) {
        auto const array = context().array<long>(size);
        int const times = size < 100 ? 500 : 3;
        std::vector<Process> all;
        for (int i = 0; i < 4; ++i) {
            all.push_back(context().process<count_under_lock>({.rank = i % context().size()}, array, times));
            all.back().start();
        }
        // A new process asks the home for its first operation.
        for (int i = 0; i < 10; ++i) {
            auto one = context().process<count_under_lock>(array, 1);
            one.start();
            one.join();
        }
        for (Process& process : all) EXPECT_EQ(code_of(process), 0);
        EXPECT_EQ(array.read(0, size), std::vector<long>(size, 4 * times + 10));
    }
}

template <class T>
void flip(RawArray<T> array, Event stop) {
    std::vector<T> const zeros(array.size());
    std::vector<T> ones(array.size());
    std::memset(ones.data(), 0xff, ones.size() * sizeof(T));
    while (!stop.is_set()) {
        array.write(0, ones);
        array.set(1, zeros[1]);
        array.write(1, std::span{zeros}.subspan(1));
        array.set(0, zeros[0]);
    }
}

/// Elements of all sizes, whose bytes are all the same as long as they are whole.
template <class T>
void expect_whole_elements() {
    auto const array = context().raw_array<T>(1001);
    auto const stop = context().event();
    auto writer = context().process<flip<T>>({.rank = context().size() - 1}, array, stop);
    writer.start();
    std::size_t torn = 0;
    for (int i = 0; i < 300; ++i) {
        auto all = array.read(1, 999);
        all.push_back(array.get(500));
        for (T const& element : all) {
            auto const bytes = std::bit_cast<std::array<unsigned char, sizeof(T)>>(element);
            torn +=
                std::ranges::all_of(bytes, [&](unsigned char byte) { return byte == bytes[0]; }) ? 0U : 1U;
        }
    }
    stop.set();
    EXPECT_EQ(code_of(writer), 0);
    EXPECT_EQ(torn, 0U) << sizeof(T) << " bytes each";
}

TEST(ArrayTest, no_element_is_ever_half_written) {
    struct Twelve {
        std::uint32_t a[3];
    };
    expect_whole_elements<std::uint16_t>();
    expect_whole_elements<std::uint32_t>();
    expect_whole_elements<std::uint64_t>();
    expect_whole_elements<Twelve>();
}

void double_all(SharedArray<double> array) {
    for (double& value : array.span()) value *= 2;
}

TEST(SharedArrayTest, is_the_same_memory_in_all_processes_of_the_node) {
    auto const array = context().shared_array<double>(100'000);
    EXPECT_EQ(array.size(), 100'000U);
    auto const here = array.span();
    EXPECT_EQ(std::count(here.begin(), here.end(), 0.0), 100'000);
    here[99'999] = 4;
    for (int i = 0; i < 2; ++i) {
        auto other = start_far<double_all>(array);
        EXPECT_EQ(code_of(other), 0);
    }
    EXPECT_EQ(here[99'999], 16);
    EXPECT_TRUE(context().shared_array<int>(0).span().empty());
    EXPECT_THROW((void)context().shared_array<int>(~std::size_t{0}), UsageError);
    EXPECT_THROW((void)context().shared_array<char>(std::size_t{1} << 60U), Error);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(context().shared_array<char>(1 << 20).span()[5], 0);
}

TEST(ArrayTest, large_ones_go_in_pieces) {
    struct Three {
        std::uint32_t a[3];
    };
    std::vector<std::uint32_t> const values = pattern(3 * 1024 * 1024);
    auto const array = context().raw_array<std::uint32_t>(values);
    EXPECT_EQ(array.read(0, values.size()), values);
    std::vector<Three> odd(100'000);
    for (std::uint32_t i = 0; i < odd.size(); ++i) odd[i] = {{i, i + 1, i + 2}};
    auto const structs = context().raw_array<Three>(odd);
    EXPECT_EQ(structs.get(99'999).a[2], 100'001U);
    EXPECT_EQ(structs.read(50'000, 2)[1].a[0], 50'001U);
}

}  // namespace
}  // namespace rankpool
