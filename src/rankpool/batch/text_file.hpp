// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/rows/text_file.hpp"
