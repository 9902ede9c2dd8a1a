// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace rankpool::batch {

/// cluster/rankpool.sbatch as it was when this was built.
std::string_view batch_script_text();

}  // namespace rankpool::batch
