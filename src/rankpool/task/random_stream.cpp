// SPDX-License-Identifier: MIT
#include "rankpool/task/random_stream.hpp"

#include <Random123/philox.h>

namespace rankpool {
namespace {

std::uint32_t low(std::uint64_t number) {
    return static_cast<std::uint32_t>(number);
}
std::uint32_t high(std::uint64_t number) {
    return static_cast<std::uint32_t>(number >> 32);
}

}  // namespace

RandomStream::Block RandomStream::block(std::uint64_t seed, std::uint64_t index, std::uint64_t number) {
    r123::Philox4x32 const philox;
    r123::Philox4x32::ctr_type const counter{{low(number), high(number), low(index), high(index)}};
    r123::Philox4x32::key_type const key{{low(seed), high(seed)}};
    auto const words = philox(counter, key);
    return {words[0], words[1], words[2], words[3]};
}

}  // namespace rankpool
