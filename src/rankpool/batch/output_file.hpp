// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/files/output_file.hpp"
