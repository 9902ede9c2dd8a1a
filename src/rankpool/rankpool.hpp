// SPDX-License-Identifier: MIT
#pragma once

/// All that a program needs to include.
#include "rankpool/channel/wait.hpp"
#include "rankpool/context/context.hpp"
#include "rankpool/context/context_channels.hpp"
#include "rankpool/context/context_processes.hpp"
#include "rankpool/context/context_shared.hpp"
#include "rankpool/context/context_sync.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/pool/pool.hpp"
#include "rankpool/pool/wait_results.hpp"
#include "rankpool/run/run.hpp"
#include "rankpool/task/partial.hpp"
#include "rankpool/task/random_stream.hpp"
#include "rankpool/worker/cpu_count.hpp"
#include "rankpool/worker/current_process.hpp"
#include "rankpool/worker/exit.hpp"
#include "rankpool/worker/logger.hpp"
#include "rankpool/worker/parent_process.hpp"
#include "rankpool/worker/waitable.hpp"
