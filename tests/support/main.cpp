// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "rankpool/rankpool.hpp"

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    return rankpool::run(argc, argv, [](rankpool::Context&) { return RUN_ALL_TESTS(); });
}
