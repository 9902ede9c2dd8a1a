// SPDX-License-Identifier: MIT
// One test per behaviour that CPython's Lib/test/_test_multiprocessing.py asserts of Value, Array and
// shared memory, named as there.
#include "tests/conformance/support.hpp"
#include "tests/system/processes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <numeric>

namespace rankpool {
namespace {

using namespace support;
using testing::ElementsAre;

template <class V, class T>
void set_to(V value, T const& next) {
    value.set(next);
}

/// That a value is what it was made as, and then what another process has made of it.
template <class T>
void expect_set_elsewhere(T const& first, T const& second) {
    auto const value = context().value<T>(first);
    auto const raw = context().raw_value<T>(first);
    EXPECT_EQ(value.get(), first);
    EXPECT_EQ(raw.get(), first);
    auto one = start_far<set_to<Value<T>, T>>(value, second);
    auto two = start_far<set_to<RawValue<T>, T>>(raw, second);
    EXPECT_EQ(code_of(one), 0);
    EXPECT_EQ(code_of(two), 0);
    EXPECT_EQ(value.get(), second);
    EXPECT_EQ(raw.get(), second);
}

TEST(ConformanceValue, test_value) {
    expect_set_elsewhere<int>(4343, 24234);
    expect_set_elsewhere<double>(3.625, -4.25);
    expect_set_elsewhere<short>(-232, 234);
    expect_set_elsewhere<long>(1L << 33, 1L << 34);
    expect_set_elsewhere<char>('x', 'y');
    expect_set_elsewhere<bool>(true, false);
}

void add_under_lock(Value<long> value, int times) {
    for (int i = 0; i < times; ++i) {
        std::lock_guard const guard{value.get_lock()};
        value.set(value.get() + 1);
    }
}

TEST(ConformanceValue, test_getobj_getlock) {
    auto const value = context().value<long>(5);
    auto const copy = value;
    {
        std::lock_guard const guard{value.get_lock()};
        EXPECT_TRUE(copy.get_lock().locked());
        // One's own lock is no hindrance.
        value.set(6);
        EXPECT_EQ(copy.get(), 6);
    }
    EXPECT_FALSE(copy.get_lock().locked());
    // The idiom of Python's manual: `with counter.get_lock(): counter.value += 1`.
    std::vector<Process> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(context().process<add_under_lock>({.rank = i % context().size()}, value, 25));
        all.back().start();
    }
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
    EXPECT_EQ(value.get(), 106);
}

std::vector<int> const some{680, 626, 934, 821, 150, 233, 548, 982, 714, 831};
std::vector<int> sums_of(std::vector<int> const& values) {
    std::vector<int> sums(values.size());
    std::partial_sum(values.begin(), values.end(), sums.begin());
    return sums;
}

template <class A>
void sum_up(A array) {
    for (std::size_t i = 1; i < array.size(); ++i) array.set(i, array.get(i) + array.get(i - 1));
}

template <class A>
void expect_array(A const& array) {
    ASSERT_EQ(array.size(), some.size());
    EXPECT_EQ(array.get(3), some[3]);
    EXPECT_THAT(array.read(2, 5), ElementsAre(934, 821, 150, 233, 548));
    auto expected = some;
    std::vector<int> const part{1, 2, 3, 4};
    std::copy(part.begin(), part.end(), expected.begin() + 4);
    array.write(4, part);
    EXPECT_EQ(array.read(0, array.size()), expected);
    auto child = start_far<sum_up<A>>(array);
    EXPECT_EQ(code_of(child), 0);
    EXPECT_EQ(array.read(0, array.size()), sums_of(expected));
    EXPECT_THROW((void)array.get(some.size()), std::out_of_range);
    EXPECT_THROW(array.set(some.size(), 1), std::out_of_range);
}

TEST(ConformanceArray, test_array) {
    expect_array(context().array<int>(some));
}
TEST(ConformanceArray, test_rawarray) {
    expect_array(context().raw_array<int>(some));
}

TEST(ConformanceArray, test_array_from_size) {
    for (int i = 0; i < 3; ++i) {
        auto const array = context().array<int>(10);
        EXPECT_EQ(array.size(), 10U);
        EXPECT_EQ(array.read(0, 10), std::vector<int>(10));
        array.write(0, some);
        EXPECT_EQ(array.read(0, 10), some);
    }
    EXPECT_EQ(context().array<int>(0).size(), 0U);
}

void add_to_all(Array<long> array, int times) {
    for (int i = 0; i < times; ++i) {
        std::lock_guard const guard{array.get_lock()};
        auto all = array.read(0, array.size());
        for (long& element : all) ++element;
        array.write(0, all);
    }
}

TEST(ConformanceArray, test_getobj_getlock_obj) {
    auto const array = context().array<long>({1, 2, 3});
    auto const copy = array;
    {
        std::lock_guard const guard{array.get_lock()};
        EXPECT_TRUE(copy.get_lock().locked());
        EXPECT_EQ(array.get(0), 1);
    }
    auto one = start_far<add_to_all>(array, 20);
    add_to_all(copy, 20);
    EXPECT_EQ(code_of(one), 0);
    EXPECT_THAT(array.read(0, 3), ElementsAre(41, 42, 43));
}

struct Foo {
    int x = 0;
    double y = 0;
    long z = 0;
    friend bool operator==(Foo const&, Foo const&) = default;
};

void double_all(Value<int> x, Value<double> y, Value<Foo> foo, Array<double> array, RawArray<char> text) {
    x.set(x.get() * 2);
    y.set(y.get() * 2);
    Foo const before = foo.get();
    foo.set({before.x * 2, before.y * 2, before.z * 2});
    for (std::size_t i = 0; i < array.size(); ++i) array.set(i, array.get(i) * 2);
    auto letters = text.read(0, text.size());
    letters.insert(letters.end(), letters.begin(), letters.begin() + 5);
    text.write(0, std::span{letters}.first(5));
    text.write(5, std::span{letters}.last(5));
}

TEST(ConformanceSharedCTypes, test_sharedctypes) {
    auto const x = context().value<int>(7);
    auto const y = context().value<double>(1.0 / 3.0);
    auto const foo = context().value<Foo>({3, 2, 1L << 33});
    auto const array = context().array<double>(std::vector<double>{0, 1, 2, 3});
    auto const text = context().raw_array<char>(10);
    text.write(0, std::string_view{"hello"});
    auto child = start_far<double_all>(x, y, foo, array, text);
    EXPECT_EQ(code_of(child), 0);
    EXPECT_EQ(x.get(), 14);
    EXPECT_DOUBLE_EQ(y.get(), 2.0 / 3.0);
    EXPECT_EQ(foo.get(), (Foo{6, 4, 1L << 34}));
    EXPECT_THAT(array.read(0, 4), ElementsAre(0, 2, 4, 6));
    auto const letters = text.read(0, 10);
    EXPECT_EQ(std::string(letters.begin(), letters.end()), "hellohello");
}

TEST(ConformanceSharedCTypes, test_copy) {
    auto const foo = context().value<Foo>({2, 5, 1L << 33});
    Foo const copy = foo.get();
    foo.set({});
    EXPECT_EQ(copy, (Foo{2, 5, 1L << 33}));
    EXPECT_EQ(foo.get(), Foo{});
}

void set_again_and_again(Value<Foo> foo, int times) {
    for (int i = 0; i < times; ++i) foo.set({i, static_cast<double>(i), i});
}

// Dragon's test_structure.
TEST(ConformanceValue, test_structure_is_never_half_written) {
    auto const foo = context().value<Foo>();
    auto child = start_far<set_again_and_again>(foo, 200);
    for (int i = 0; i < 200; ++i) {
        auto const [x, y, z] = foo.get();
        EXPECT_EQ(x, y);
        EXPECT_EQ(x, z);
    }
    EXPECT_EQ(code_of(child), 0);
}

void answer_pings(Value<int> ball, Semaphore here, Semaphore there, int rounds) {
    for (int i = 0; i < rounds; ++i) {
        there.acquire();
        ball.set(-ball.get());
        here.release();
    }
}

// Dragon's test_ping_pong.
TEST(ConformanceValue, test_ping_pong) {
    auto const ball = context().value<int>(0);
    auto const here = context().semaphore(0);
    auto const there = context().semaphore(0);
    auto child = start_far<answer_pings>(ball, here, there, 20);
    for (int i = 1; i <= 20; ++i) {
        ball.set(i);
        there.release();
        here.acquire();
        EXPECT_EQ(ball.get(), -i);
    }
    EXPECT_EQ(code_of(child), 0);
}

void take_numbers(Value<long> counter, Queue<long> numbers, int many) {
    for (int i = 0; i < many; ++i) numbers.put(counter.fetch_add(3));
}

// mpi4py's Counter: each number is given once.
TEST(ConformanceValue, test_counter) {
    auto const counter = context().value<long>(7);
    auto numbers = context().queue<long>();
    std::vector<Process> all;
    for (int i = 0; i < 4; ++i) {
        all.push_back(context().process<take_numbers>({.rank = i % context().size()}, counter, numbers, 10));
        all.back().start();
    }
    for (Process& process : all) EXPECT_EQ(code_of(process), 0);
    std::set<long> found;
    for (int i = 0; i < 40; ++i) found.insert(numbers.get());
    std::set<long> expected;
    for (long i = 0; i < 40; ++i) expected.insert(7 + 3 * i);
    EXPECT_EQ(found, expected);
}

void write_on(SharedArray<int> array, std::size_t i, int value) {
    array.span()[i] = value;
}

Process start_here(SharedArray<int> const& array, std::size_t i, int value) {
    auto process = context().process<write_on>({.rank = 0}, array, i, value);
    process.start();
    return process;
}

TEST(ConformanceSharedMemory, test_shared_memory_basics) {
    auto const array = context().shared_array<int>(512);
    ASSERT_EQ(array.span().size(), 512U);
    EXPECT_TRUE(std::ranges::all_of(array.span(), [](int x) { return x == 0; }));
    array.span()[0] = 42;
    auto const copy = array;
    EXPECT_EQ(copy.span()[0], 42);
    copy.span()[1] = 43;
    EXPECT_EQ(array.span()[1], 43);
    // There are no names: another array is other memory.
    EXPECT_EQ(context().shared_array<int>(512).span()[0], 0);
}

TEST(ConformanceSharedMemory, test_invalid_shared_memory_creation) {
    EXPECT_THROW((void)context().shared_array<int>(static_cast<std::size_t>(-1)), UsageError);
    EXPECT_TRUE(context().shared_array<int>(0).span().empty());
}

TEST(ConformanceSharedMemory, test_shared_memory_pickle_unpickle) {
    auto queue = context().queue<SharedArray<int>>();
    {
        auto const array = context().shared_array<int>(4);
        array.span()[2] = 7;
        queue.put(array);
    }
    auto const array = queue.get();
    ASSERT_EQ(array.span().size(), 4U);
    EXPECT_EQ(array.span()[2], 7);
}

TEST(ConformanceSharedMemory, test_shared_memory_across_processes) {
    auto const array = context().shared_array<int>(4);
    auto child = start_here(array, 3, 99);
    EXPECT_EQ(code_of(child), 0);
    EXPECT_EQ(array.span()[3], 99);
}

/// More than anything else that rank 0 keeps in such memory.
constexpr std::size_t large_size = std::size_t{48} << 20U;

/// Arrays of that size in the memory of rank 0.
long large_arrays() {
    long found = 0;
    std::error_code error;
    auto const rank = parent_of(parent_of(::getpid()));
    for (auto const& entry :
         std::filesystem::directory_iterator{"/proc/" + std::to_string(rank) + "/fd", error}) {
        auto const target = std::filesystem::read_symlink(entry, error);
        if (target.string().find("rankpool-array") == std::string::npos) continue;
        auto const size = std::filesystem::file_size(entry, error);
        if (!error && size >= large_size) ++found;
    }
    return found;
}

void make_one_and_wait(Event made) {
    auto const array = context().shared_array<char>(large_size);
    array.span()[0] = 1;
    made.set();
    wait_for_the_end();
}

TEST(ConformanceSharedMemory, test_shared_memory_cleaned_after_process_termination) {
    EXPECT_EQ(large_arrays(), 0);
    auto const made = context().event();
    auto child = context().process<make_one_and_wait>({.rank = 0}, made);
    child.start();
    made.wait();
    EXPECT_EQ(large_arrays(), 1);
    child.kill();
    child.join();
    // What nobody holds is freed a moment later.
    for (int i = 0; i < 10'000 && large_arrays() != 0; ++i) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(large_arrays(), 0);
}

}  // namespace
}  // namespace rankpool
