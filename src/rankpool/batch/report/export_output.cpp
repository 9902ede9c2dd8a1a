// SPDX-License-Identifier: MIT
#include "rankpool/batch/report/export_output.hpp"

#include "rankpool/batch/files/input_error.hpp"
#include "rankpool/batch/files/output.hpp"

#include <algorithm>
#include <array>
#include <system_error>

namespace fs = std::filesystem;

namespace rankpool::batch {
namespace {

constexpr std::array own_files{"results.sqlite",     "results.sqlite-journal",
                               "results.sqlite-wal", "results.sqlite-shm",
                               "run.lock",           "run.log",
                               "status.json",        "report.html"};

/// By whatever name or link, whether it is there now or not.
bool is_of_run(fs::path const& file, fs::path const& run) {
    std::error_code error;
    return std::ranges::any_of(own_files, [&](char const* own) {
        if (fs::equivalent(file, run / own, error)) return true;
        auto const folder = file.parent_path();
        return file.filename() == own && fs::equivalent(folder.empty() ? "." : folder, run, error);
    });
}

}  // namespace

ExportOutput::ExportOutput(std::string const& name, fs::path const& run) {
    if (name.empty() || name == "-") return;
    if (is_of_run(name, run)) {
        throw InputError("cannot write " + name +
                         " (it is a file of the run itself). Name another with --output?");
    }
    file_.emplace(name);
}

bool ExportOutput::write(std::string_view text) {
    if (!file_) return print(text);
    file_->write(text);
    return true;
}

void ExportOutput::complete() {
    if (file_) file_->commit();
}

}  // namespace rankpool::batch
