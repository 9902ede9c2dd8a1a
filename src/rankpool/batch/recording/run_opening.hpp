// SPDX-License-Identifier: MIT
#pragma once

#include "rankpool/batch/job/run_settings.hpp"
#include "rankpool/batch/store/earlier_tasks.hpp"
#include "rankpool/batch/store/run_directory.hpp"
#include "rankpool/batch/store/store.hpp"
#include "rankpool/core/time_source.hpp"

#include <memory>
#include <optional>

namespace rankpool::batch {

/// Where a run is stored. Nothing has been written yet but what a new run is.
struct OpenedRun {
    RunDirectory directory;
    std::unique_ptr<Store> store;         ///< none in a dry run of a new one
    std::optional<EarlierTasks> earlier;  ///< of this run, or the last one like it, where they are wanted
};

/// Makes a new run or finds an earlier one, as the settings say; the record then gets the seed and the
/// columns of that. Throws InputError where it makes no sense: there are results, or they are of another run.
OpenedRun open_run(RunSettings const& settings, RunRecord& record, TimeSource time);

}  // namespace rankpool::batch
