// SPDX-License-Identifier: MIT
#include "rankpool/rankpool.hpp"

#include <gtest/gtest.h>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return rankpool::run(argc, argv, [](rankpool::Context&) { return RUN_ALL_TESTS(); });
}
