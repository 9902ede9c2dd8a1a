// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/resources/needs.hpp"

#include <string>

namespace rankpool::batch {

/// What a line of --commands says of itself at its end: `./model 7 #RANKPOOL --cpus 4 --timeout 2h`.
struct LineOptions {
    Needs needs;
    double timeout = 0;  ///< seconds; 0: as all
};

/// Throws InputError where there stands anything else than --cpus, --memory, --gpus and --timeout with
/// values.
LineOptions line_options(std::string const& line);

}  // namespace rankpool::batch
