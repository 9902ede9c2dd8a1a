// SPDX-License-Identifier: MIT
#include "rankpool/batch/exec/task_folder.hpp"

#include "rankpool/core/error.hpp"

#include <fmt/format.h>

#include <utility>

namespace rankpool::batch {
namespace {

namespace fs = std::filesystem;

/// Without a slash at its end, and whole wherever the command goes.
fs::path plain(fs::path place) {
    std::error_code problem;
    auto const whole = fs::absolute(place, problem);
    place = (problem ? place : whole).lexically_normal();
    return place.has_filename() ? place : place.parent_path();
}

bool is_there(fs::path const& path) {
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

[[noreturn]] void fail(char const* what, fs::path const& folder, std::error_code const& problem) {
    throw Error(fmt::format("cannot {} the task's folder {} ({}). Is there room, and may you?", what,
                            folder.string(), problem.message()));
}

}  // namespace

TaskFolder::TaskFolder(fs::path place, std::int64_t task, unsigned attempt)
    : place_(plain(std::move(place))),
      scratch_(fmt::format("{}.task-{}-{}", place_.string(), task, attempt)) {
    std::error_code problem;
    // Of a start that was killed: the task begins anew.
    fs::remove_all(scratch_, problem);
    if (!problem) fs::create_directories(scratch_, problem);
    if (problem) fail("make", scratch_, problem);
}

void TaskFolder::put_into_place() const {
    std::error_code problem;
    for (int number = 1; is_there(place_); ++number) {
        auto const before = fs::path{fmt::format("{}.before-{}", place_.string(), number)};
        if (!is_there(before)) fs::rename(place_, before, problem);
        if (problem) fail("make room for", place_, problem);
    }
    fs::rename(scratch_, place_, problem);
    if (problem) fail("put into place", place_, problem);
}

}  // namespace rankpool::batch
