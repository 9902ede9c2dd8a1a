// SPDX-License-Identifier: MIT
#include "rankpool/wire/buffer_sink.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rankpool::wire {
namespace {

std::string text(BufferSink const& sink) {
    return {reinterpret_cast<char const*>(sink.bytes().data()), sink.size()};
}

TEST(BufferSinkTest, keeps_what_is_written_as_it_grows) {
    BufferSink sink;
    std::string expected;
    for (std::size_t i = 0; i < 1000; ++i) {
        std::string const part(i % 50, static_cast<char>('a' + i % 26));
        sink.write(part.data(), part.size());
        expected += part;
    }
    EXPECT_EQ(text(sink), expected);
}

TEST(BufferSinkTest, forgets_and_patches) {
    BufferSink sink;
    sink.write("hello", 5);
    sink.truncate(4);
    *sink.at(0) = std::byte{'H'};
    sink.write("!", 1);
    EXPECT_EQ(text(sink), "Hell!");
    sink.clear();
    EXPECT_EQ(sink.size(), 0U);
    sink.write("x", 1);
    EXPECT_EQ(text(sink), "x");
}

TEST(BufferSinkTest, a_limit_is_exact_and_holds_until_truncate) {
    BufferSink sink{10};
    sink.write("0123456789", 10);
    EXPECT_THROW(sink.write("x", 1), LimitReached);
    sink.truncate(2);
    EXPECT_THROW(sink.write("0123456789", 9), LimitReached);
    EXPECT_THROW(sink.write("x", 1), LimitReached);
    EXPECT_EQ(text(sink), "01");
    sink.truncate(2);
    sink.write("x", 1);
    EXPECT_EQ(text(sink), "01x");
}

TEST(BufferSinkTest, a_limit_of_nothing_takes_nothing) {
    BufferSink sink{0};
    sink.write(nullptr, 0);
    EXPECT_THROW(sink.write("x", 1), LimitReached);
    EXPECT_TRUE(sink.bytes().empty());
}

}  // namespace
}  // namespace rankpool::wire
