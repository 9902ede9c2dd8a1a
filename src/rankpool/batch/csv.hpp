// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/rows/csv.hpp"
