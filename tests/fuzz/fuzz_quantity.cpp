// SPDX-License-Identifier: MIT
#include "rankpool/batch/text/quantity.hpp"

#include <chrono>
#include <cstdint>
#include <string>

/// Whatever the bytes are: a duration, a size or a share that is one, or nothing; and no number without a
/// unit after one that has one.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    namespace batch = rankpool::batch;
    std::string const text{reinterpret_cast<char const*>(data), size};
    if (auto const duration = batch::parse_duration(text)) {
        if (duration->count() < 0 || *duration > std::chrono::seconds{1'000'000'001}) __builtin_trap();
        bool const has_unit = text.find_first_of("smhd") != std::string::npos;
        bool const ends_in_digit = text.back() >= '0' && text.back() <= '9';
        if (has_unit && ends_in_digit) __builtin_trap();
        if (has_unit && batch::parse_duration(text + "30")) __builtin_trap();
    }
    if (auto const bytes = batch::parse_size(text)) {
        if (*bytes > 1'000'000'000'000'000'000) __builtin_trap();
        if (text.find_first_of(" \n-+:") != std::string::npos) __builtin_trap();
    }
    if (auto const share = batch::parse_share(text)) {
        if (!(share->value >= 0) || (share->is_percent && share->value > 100)) __builtin_trap();
    }
    return 0;
}
