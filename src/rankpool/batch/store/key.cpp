// SPDX-License-Identifier: MIT
#include "rankpool/batch/store/key.hpp"

#include <xxhash.h>

#include <cstring>
#include <string>

namespace rankpool::batch {

std::uint64_t seed_of(RunRecord const& record) {
    // A byte that no name has keeps words apart.
    std::string text = record.job + '\0';
    for (auto const& [name, value] : record.options)
        text.append(name).append(1, '\0').append(value).append(1, '\0');
    return ::XXH3_64bits(text.data(), text.size());
}

InputKey key_of(std::span<std::byte const> content, std::uint64_t seed) {
    XXH128_canonical_t canonical;
    ::XXH128_canonicalFromHash(&canonical, ::XXH3_128bits_withSeed(content.data(), content.size(), seed));
    InputKey key;
    static_assert(sizeof key == sizeof canonical.digest);
    std::memcpy(key.data(), canonical.digest, sizeof key);
    return key;
}

}  // namespace rankpool::batch
