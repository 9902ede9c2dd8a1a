// SPDX-License-Identifier: MIT
#include "rankpool/serve/records.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rankpool::worker {
namespace {

using Bytes = std::vector<std::byte>;

void append(Bytes& to, std::uint32_t length, std::string const& text) {
    auto const* head = reinterpret_cast<std::byte const*>(&length);
    to.insert(to.end(), head, head + sizeof length);
    auto const* body = reinterpret_cast<std::byte const*>(text.data());
    to.insert(to.end(), body, body + text.size());
}

std::string text_of(std::span<std::byte const> bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

TEST(RecordsTest, come_one_after_the_other) {
    Bytes bytes;
    append(bytes, 3, "abc");
    append(bytes, 0, "");
    append(bytes, link::no_value, "");
    append(bytes, 1, "d");
    Records records{bytes};
    EXPECT_EQ(text_of(records.next().value()), "abc");
    EXPECT_EQ(text_of(records.next().value()), "");
    EXPECT_FALSE(records.next()) << "a task without a value";
    EXPECT_FALSE(records.empty());
    EXPECT_EQ(text_of(records.next().value()), "d");
    EXPECT_TRUE(records.empty());
}

TEST(RecordsTest, that_are_cut_off_are_an_error) {
    Bytes bytes;
    append(bytes, 3, "abc");
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        Records records{std::span{bytes}.first(length)};
        EXPECT_THROW(records.next(), Error) << length;
    }
}

}  // namespace
}  // namespace rankpool::worker
