// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace rankpool::batch {

/// How a task of a run of exec is done once more.
struct RerunSettings {
    std::filesystem::path run;
    std::int64_t task = 0;
    std::string debugger;  ///< `gdb`, `shell`, or empty: none
};

/// Becomes the command of a task as it was tried last: the same words, environment and folder, with this
/// process's streams; nothing of it is recorded. `shell` becomes a shell there instead, which has told the
/// command. A folder of its own (--task-dir) is a fresh one, which stays where it is. Does not return; throws
/// InputError where there is no such command, or it cannot be started.
[[noreturn]] void rerun(RerunSettings const& settings);

}  // namespace rankpool::batch
