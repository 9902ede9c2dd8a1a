// SPDX-License-Identifier: MIT
// An item beyond 2 GiB passes through a queue that is much smaller.
#include "tests/channel/support.hpp"
#include "tests/system/processes.hpp"

#include <gtest/gtest.h>

namespace rankpool {
namespace {

using namespace support;

constexpr std::size_t bytes = std::size_t{2300} << 20U;
constexpr std::uint64_t slack = std::uint64_t{200} << 20U;

void give_large(Queue<std::vector<std::uint32_t>> queue) {
    queue.put(pattern(bytes));
}

TEST(LargeItemTest, passes_in_pieces) {
    auto queue = context().queue<std::vector<std::uint32_t>>(QueueOptions{.max_bytes = 16U << 20U});
    auto giver = start_far<give_large>(queue);
    auto const item = queue.get();
    EXPECT_EQ(code_of(giver), 0);
    ASSERT_EQ(item.size(), bytes / sizeof(std::uint32_t));
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < item.size(); ++i) {
        wrong += item[i] != static_cast<std::uint32_t>(i) * 2654435761U + 1 ? 1U : 0U;
    }
    EXPECT_EQ(wrong, 0U);
#if !defined(__SANITIZE_ADDRESS__)
    EXPECT_LT(peak_memory(::getpid()), bytes + slack);
    EXPECT_LT(peak_memory(parent_of(parent_of(::getpid()))), slack);
#endif
}

}  // namespace
}  // namespace rankpool
