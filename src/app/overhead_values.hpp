// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace app {

/// What it costs to serialise a value of some type.
struct ValueCost {
    std::string type;
    std::uint64_t bytes = 0;
    double encode_ns = 0;
    double decode_ns = 0;
};

/// Measured now, in this process, for values as programs send them.
std::vector<ValueCost> value_costs();

}  // namespace app
