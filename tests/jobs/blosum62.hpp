// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace jobs {

/// BLOSUM62 (Henikoff and Henikoff 1992), the twenty amino acids, typed from the published table: below the
/// diagonal, row by row.
inline int blosum62(char a, char b) {
    constexpr std::string_view order = "ARNDCQEGHILKMFPSTWYV";
    constexpr std::array<std::int8_t, 210> lower{
        4,                                                                               // A
        -1, 5,                                                                           // R
        -2, 0,  6,                                                                       // N
        -2, -2, 1,  6,                                                                   // D
        0,  -3, -3, -3, 9,                                                               // C
        -1, 1,  0,  0,  -3, 5,                                                           // Q
        -1, 0,  0,  2,  -4, 2,  5,                                                       // E
        0,  -2, 0,  -1, -3, -2, -2, 6,                                                   // G
        -2, 0,  1,  -1, -3, 0,  0,  -2, 8,                                               // H
        -1, -3, -3, -3, -1, -3, -3, -4, -3, 4,                                           // I
        -1, -2, -3, -4, -1, -2, -3, -4, -3, 2,  4,                                       // L
        -1, 2,  0,  -1, -3, 1,  1,  -2, -1, -3, -2, 5,                                   // K
        -1, -1, -2, -3, -1, 0,  -2, -3, -2, 1,  2,  -1, 5,                               // M
        -2, -3, -3, -3, -2, -3, -3, -3, -1, 0,  0,  -3, 0,  6,                           // F
        -1, -2, -2, -1, -3, -1, -1, -2, -2, -3, -3, -1, -2, -4, 7,                       // P
        1,  -1, 1,  0,  -1, 0,  0,  0,  -1, -2, -2, 0,  -1, -2, -1, 4,                   // S
        0,  -1, 0,  -1, -1, -1, -1, -2, -2, -1, -1, -1, -1, -2, -1, 1,  5,               // T
        -3, -3, -4, -4, -2, -2, -3, -2, -2, -3, -2, -3, -1, 1,  -4, -3, -2, 11,          // W
        -2, -2, -2, -3, -2, -1, -2, -3, 2,  -1, -1, -2, -1, 3,  -3, -2, -2, 2,  7,       // Y
        0,  -3, -3, -3, -1, -2, -2, -3, -3, 3,  1,  -2, 1,  -1, -2, -2, 0,  -3, -1, 4};  // V
    std::size_t i = order.find(a);
    std::size_t j = order.find(b);
    if (i < j) std::swap(i, j);
    return lower.at(i * (i + 1) / 2 + j);
}

}  // namespace jobs
