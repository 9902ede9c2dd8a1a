// SPDX-License-Identifier: MIT
#pragma once

/// All that a program needs to include.
#include "rankpool/channel/context_channels.hpp"
#include "rankpool/channel/wait.hpp"
#include "rankpool/core/error.hpp"
#include "rankpool/pool/pool.hpp"
#include "rankpool/pool/wait_results.hpp"
#include "rankpool/process/process.hpp"
#include "rankpool/process/process_group.hpp"
#include "rankpool/run/run.hpp"
#include "rankpool/shared/context_shared.hpp"
#include "rankpool/sync/context_sync.hpp"
#include "rankpool/task/partial.hpp"
#include "rankpool/task/random_stream.hpp"
#include "rankpool/worker/context.hpp"
#include "rankpool/worker/cpu_count.hpp"
#include "rankpool/worker/current_process.hpp"
#include "rankpool/worker/exit.hpp"
#include "rankpool/worker/logger.hpp"
#include "rankpool/worker/parent_process.hpp"
#include "rankpool/worker/waitable.hpp"
