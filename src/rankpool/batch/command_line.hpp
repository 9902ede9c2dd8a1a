// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/cli/command_line.hpp"
